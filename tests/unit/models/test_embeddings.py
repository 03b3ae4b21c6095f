"""Textual inversion: words of prompts that stand for vectors, on small text encoders with random weights."""

import collections

import pytest
import torch
from safetensors.torch import save_file

from dreamreel.errors import ModelError
from dreamreel.models.adapters.embeddings import embeddings_in, fitting, named_in
from dreamreel.models.chunking import split_chunks
from dreamreel.models.diffusers_dir import load_diffusers_dir
from dreamreel.models.prompt_reader import load_prompt_reader
from dreamreel.models.tokenizer import FIRST_LEARNED
from dreamreel.rendering.animation import prepare
from dreamreel.rendering.setup import Setup

CPU, FLOAT = torch.device("cpu"), torch.float32
WIDTH = 32


@pytest.fixture
def bundle(model):
    return load_diffusers_dir(model, "small", CPU, FLOAT)


def vectors(count, width=WIDTH, seed=0):
    return 0.02 * torch.randn(count, width, generator=torch.Generator().manual_seed(seed))


def parameter_dict(tensors):
    """As torch 1.11 pickled one: its parameters in a state."""
    found = torch.nn.ParameterDict()
    found._parameters = collections.OrderedDict((name, torch.nn.Parameter(each)) for name, each in tensors.items())
    return found


LAYOUTS = {
    "webui.pt": lambda path, each: torch.save({"string_to_param": {"*": each}, "name": "x", "step": 9}, path),
    "original.pt": lambda path, each: torch.save({"string_to_param": parameter_dict({"*": each})}, path),
    "diffusers.bin": lambda path, each: torch.save({"<fox>": each[0] if len(each) == 1 else each}, path),
    "webui.safetensors": lambda path, each: save_file({"emb_params": each}, path),
    "other.safetensors": lambda path, each: save_file({"<fox>": each}, path),
}


@torch.inference_mode()
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("count", [1, 3])
def test_a_name_in_a_prompt_is_read_as_its_vectors(tmp_path, bundle, layout, count):
    given = vectors(count)
    LAYOUTS[layout](tmp_path / f"Easy Fox{layout[layout.index('.') :]}", given)
    files = embeddings_in(str(tmp_path)).files
    plain = bundle.embed(["a easy dog"])
    bundle.learn(list(files.values()))
    assert files["Easy Fox"].num_vectors == count
    network, tokenizer = bundle.modules.text_encoder, bundle.modules.tokenizer
    row = tokenizer.padded(["a EASY fox, dog"])[0]
    assert [each for each in row if each >= FIRST_LEARNED] == [FIRST_LEARNED + n for n in range(count)]
    assert row[2] == FIRST_LEARNED
    # By hand: the vectors in the place of these tokens.
    words = network.embeddings.token_embedding.weight
    by_hand = torch.stack([given[each - FIRST_LEARNED] if each >= FIRST_LEARNED else words[each] for each in row])
    hidden = by_hand[None] + network.embeddings.position_embedding.weight[None]
    expected = network.final_layer_norm(network.encoder(hidden))
    assert torch.equal(bundle.embed(["a EASY fox, dog"]), expected)
    assert torch.equal(bundle.read((("a easy fox, dog", 1.0),), 1, 0)[0], expected)
    assert torch.equal(bundle.embed(["a embedding:easy fox, dog"]), expected)
    assert torch.equal(bundle.embed(["a easy dog"]), plain)


def test_chunks_count_each_vector_and_break_before_an_embedding(tmp_path, bundle, model):
    save_file({"emb_params": vectors(6)}, tmp_path / "foxy.safetensors")
    bundle.learn(list(embeddings_in(str(tmp_path)).files.values()))
    tokenizer = bundle.modules.tokenizer
    full = "dog " * 72
    first, second = split_chunks(((f"{full}foxy cat", 1.0),), tokenizer)
    assert (len(first.tokens), len(second.tokens)) == (72, 7)
    assert second.tokens[0] == FIRST_LEARNED
    assert len(split_chunks(((f"{'dog ' * 69}foxy", 1.0),), tokenizer)) == 1
    reader = load_prompt_reader(model, (("foxy", 6),))
    assert 'cut off: "foxy"' in " ".join(reader.remarks("dog " * 70 + "foxy"))
    assert not list(reader.remarks("dog " * 69 + "foxy"))


def test_the_longest_name_that_fits_counts_and_a_part_of_a_word_is_none(tmp_path, bundle):
    for seed, name in enumerate(("night", "night sky")):
        save_file({"emb_params": vectors(1, seed=seed)}, tmp_path / f"{name}.safetensors")
    bundle.learn([embeddings_in(str(tmp_path)).files[name] for name in ("night", "night sky")])
    tokenizer = bundle.modules.tokenizer
    assert tokenizer.ids("night sky")[1:-1] == [FIRST_LEARNED + 1]
    assert tokenizer.ids("night cat")[1] == FIRST_LEARNED
    assert max(tokenizer.ids("nightingale skyline")) < FIRST_LEARNED


def test_files_for_other_models_are_listed_and_not_read_and_what_is_no_embedding_is_left_out(tmp_path, model):
    save_file({"clip_l": vectors(2, 768), "clip_g": vectors(2, 1280)}, tmp_path / "xl.safetensors")
    save_file({"emb_params": vectors(2)}, tmp_path / "small.safetensors")
    save_file({"a": vectors(2), "b": vectors(2)}, tmp_path / "other.safetensors")
    save_file({"emb_params": vectors(100)}, tmp_path / "huge.safetensors")
    files = embeddings_in(str(tmp_path)).files
    assert {name: (file.widths, file.num_vectors) for name, file in files.items()} == {
        "xl": ((768, 1280), 2),
        "small": ((WIDTH,), 2),
    }
    assert [file.name for file in fitting(files, (WIDTH,))] == ["small"]
    raw = {"animation_prompts": "a xl small embedding:nothing", "max_frames": 1}
    notes = [str(note) for note in prepare(raw, Setup(str(model), device="cpu", embeddings=str(tmp_path))).remarks()]
    assert any(
        '"xl" is read as a word: the embedding of that name is for SDXL, and the model is not' in note for note in notes
    )
    assert any('there is no embedding "nothing" here' in note for note in notes)
    assert not any('"small"' in note for note in notes)


def test_a_film_draws_with_an_embedding_and_its_keys_know_the_file(tmp_path, model):
    def film(prompt, folder=tmp_path):
        raw = {"animation_prompts": prompt, "max_frames": 2, "sampler": "euler", "seed": 1}
        return prepare(raw, Setup(str(model), 64, 64, 2, device="cpu", embeddings=str(folder)))

    save_file({"emb_params": vectors(2)}, tmp_path / "foxy.safetensors")
    drawn, without = next(iter(film("a foxy").frames())).image, next(iter(film("a foxy", "").frames())).image
    assert (drawn != without).any()
    keys, other = film("0: a foxy | 1: a dog").keys, film("0: a dog | 1: a foxy").keys
    save_file({"emb_params": vectors(2, seed=1)}, tmp_path / "foxy.safetensors")
    assert film("0: a foxy | 1: a dog").keys[0] != keys[0]
    assert film("0: a dog | 1: a foxy").keys[0] == other[0]
    assert film("0: a dog | 1: a foxy").keys[1] != other[1]
    assert named_in("A FoXy.", ["foxy", "cat"]) == ["foxy"]


def test_numbers_that_are_none_are_refused(tmp_path, bundle):
    save_file({"emb_params": torch.full((1, WIDTH), torch.nan)}, tmp_path / "bad.safetensors")
    with pytest.raises(ModelError, match=r"bad\.safetensors has numbers that are infinite or none"):
        bundle.learn(list(embeddings_in(str(tmp_path)).files.values()))
