"""The shipped default model: its files, and that its pictures are what the prompts say, by plain statistics."""

import shutil
from functools import cache

import pytest
import torch
from training.sampling import sample

from dreamreel.errors import ModelError
from dreamreel.models import catalog
from dreamreel.models.layout import check_hashes, read_card
from dreamreel.models.prompt_reader import load_prompt_reader

# Of each: a prompt, what the middle of the picture must be like, and in words.
PROMPTS = {
    "a red balloon in a meadow by day": (lambda m, _: m[0] > m[1] + 0.15 and m[0] > m[2] + 0.15, "red"),
    "a sunflower in the mountains by day": (lambda m, _: m[0] > m[2] + 0.1 and m[1] > m[2], "yellow"),
    "a fox in the snow by day": (lambda m, _: m[0] > m[1] + 0.1 > m[2] + 0.1, "orange"),
    "a whale in a meadow by day": (lambda m, _: m[2] > m[0] + 0.08, "blue"),
    "a cat in a city at night": (lambda _, all_: all_.mean() < 0.35, "dark"),
    "a house in a forest by day, black and white": (lambda _, all_: all_.std() < 0.04, "grey"),
}


@cache
def bundle():
    return catalog.load(catalog.locate("builtin"), "cpu")


def remarks(prompt):
    return list(load_prompt_reader(catalog.locate("builtin").path).remarks(prompt))


@cache
def pictures():
    torch.set_num_threads(1)
    return dict(zip(PROMPTS, sample(bundle(), list(PROMPTS), steps=10, cfg_scale=3.0, seed=3), strict=True))


def test_it_is_small_in_small_files_and_every_weight_is_pinned():
    folder = catalog.locate("builtin").path
    files = {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    assert sum(files.values()) <= 64e6
    assert max(files.values()) <= 16 * 2**20
    assert set(read_card(folder)["sha256"]) == {name for name in files if name.endswith(".safetensors")}


def test_it_is_the_default_of_256_pixels_and_computes_in_float32():
    facts = bundle().facts
    assert (facts.defaults.width, facts.defaults.height, facts.latent_factor) == (256, 256, 16)
    assert facts.precision == "float32"
    assert "256x256" in facts.title
    assert catalog.title(catalog.locate("builtin")) == facts.title


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder"])
@pytest.mark.parametrize("harm", ["cut", "altered"])
def test_a_cut_or_altered_file_is_named_before_it_is_loaded(tmp_path, part, harm):
    folder = shutil.copytree(catalog.locate("builtin").path, tmp_path / "copy")
    weights = next((folder / part).glob("*.safetensors"))
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content if harm == "altered" else content[:-100])
    with pytest.raises(ModelError, match=rf"{part}/.* is damaged: its SHA-256 is not the one in dreamreel.json"):
        check_hashes(folder, read_card(folder))


def test_words_it_does_not_know_are_named_with_what_it_takes_them_for():
    (remark,) = remarks("a puppy in the jungle by Zorglub")
    assert '"puppy" (nearest: fox)' in remark
    assert '"jungle" (nearest: forest)' in remark
    assert '"zorglub"' in remark


def test_such_a_word_gives_the_conditions_of_the_nearest_one():
    model = bundle()
    with torch.inference_mode():
        assert torch.equal(model.embed(["a Puppy in the jungle"]), model.embed(["a fox in the forest"]))


def test_its_own_examples_have_no_unknown_word():
    defaults = bundle().facts.defaults
    assert len(defaults.examples) == 10
    assert [remarks(prompt) for prompt in defaults.examples if remarks(prompt)] == []


def test_latents_of_a_picture_are_what_the_noise_schedule_expects():
    with torch.inference_mode():
        latents = bundle().encode(torch.stack(list(pictures().values())) * 2 - 1, torch.zeros(()))
    assert latents.shape == (len(PROMPTS), 4, 16, 16)
    assert 0.6 < float(latents.std()) < 1.5


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_picture_follows_its_prompt(prompt):
    holds, words = PROMPTS[prompt]
    picture = pictures()[prompt]
    middle = picture[:, 96:176, 96:160].mean((1, 2))
    subject = picture if words == "dark" else picture.std(0)
    assert holds(middle, subject), f"the middle is {middle.tolist()}, not {words}"
