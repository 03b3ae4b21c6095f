"""Films with LoRAs, on a small SD 1.x model with random weights."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from bench.company import draw
from safetensors.torch import save_file
from tests import loras

from dreamreel.animation.identity import first_difference
from dreamreel.diffusion.calls import Lora
from dreamreel.engine.backend import Backend
from dreamreel.engine.checkpoint import Checkpoint
from dreamreel.engine.network import Only
from dreamreel.errors import InputError
from dreamreel.models.adapters.library import loras_in
from dreamreel.models.sizes import num_bytes
from dreamreel.rendering import additions
from dreamreel.rendering.animation import prepare
from dreamreel.rendering.checkpoints import GIGABYTE, Checkpoints
from dreamreel.rendering.setup import Setup


@pytest.fixture(scope="module")
def bundle(model):
    return prepare({}, Setup(str(model), device="cpu")).bundle


@pytest.fixture(scope="module")
def folder(bundle, tmp_path_factory):
    """Two LoRAs for the model, one of them in a folder below, and one for another family."""
    path = tmp_path_factory.mktemp("loras")
    networks = bundle.modules.adaptable
    header = {
        "ss_base_model_version": "sd_v1",
        "ss_tag_frequency": json.dumps({"5_fox": {"sks fox": 20, "forest": 3}}),
        "ss_output_name": "Detailed",
    }
    loras.write(path / "detail.safetensors", networks, "kohya", only="attn|self_attn", seed=1, metadata=header)
    (path / "styles").mkdir()
    loras.write(path / "styles" / "ink wash.safetensors", networks, "LoHa", only="attn|conv", seed=2)
    stem = "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k"
    save_file(
        {f"{stem}.lora_down.weight": torch.ones(2, 2048), f"{stem}.lora_up.weight": torch.ones(640, 2)},
        path / "for-xl.safetensors",
    )
    (path / "half.safetensors").write_bytes(b"\x10\x00\x00\x00\x00\x00\x00\x00{")
    return path


@pytest.fixture
def made(model, bundle, folder):
    def make(rows="auto", **raw):
        raw = {"animation_prompts": "a fox", "max_frames": 3, "sampler": "euler", "seed": 3, **raw}
        setup = Setup(str(model), 64, 64, 3, 5.0, "cpu", rows=rows, loras=str(folder))
        animation = prepare(raw, setup)
        animation.bundle = bundle
        return animation

    return make


def pictures(animation, state=None):
    return [frame.image for frame in animation.frames(state)]


def same(one, other):
    return all(np.array_equal(*pair) for pair in zip(one, other, strict=True))


def test_a_tag_in_a_prompt_and_the_input_draw_the_same_film_and_the_tag_is_no_word(made):
    tagged = made(animation_prompts="a fox<lora:detail:0.8>")
    named = made(loras="detail: 0.8")
    assert tagged.plan.prompts == ("a fox",)
    drawn = pictures(tagged)
    assert same(drawn, pictures(named))
    assert not same(drawn, pictures(made()))
    assert tagged.keys == named.keys


def test_a_lora_that_counts_for_nothing_changes_no_bit_in_the_weights_or_beside_them(made):
    without = pictures(made())
    assert same(without, pictures(made(loras="detail: 0")))
    drawn = pictures(made(loras="detail: 0: (0), 1: (0), 2: (1)"))
    assert same(without[:2], drawn[:2])
    assert not np.array_equal(without[2], drawn[2])


def test_in_the_weights_and_beside_them_a_film_is_the_same_but_for_rounding(made):
    constant, changing = (
        made(loras="detail: 0.8", max_frames=2),
        made(loras="detail: 0: (0.8), 1: (0.8000001)", max_frames=2),
    )
    assert constant.plan.words.loras_at(0)[0].is_constant
    assert not changing.plan.words.loras_at(0)[0].is_constant
    for ours, theirs in zip(pictures(constant), pictures(changing), strict=True):
        assert np.abs(ours.astype(int) - theirs).max() <= 2
    assert first_difference(constant.keys, changing.keys) == 0  # so they are not taken for each other


@pytest.mark.parametrize("rows", ["2", "8"])
def test_frames_are_bit_equal_alone_and_in_company_whatever_loras_the_others_have(made, bundle, rows):
    films = [
        made(rows, loras="detail: 0: (0), 2: (1)"),
        made(rows, loras="ink wash: 0: (0.5), 2: (-0.5) | detail: 0: (0.2), 2: (0.9)"),
        made(rows, loras="detail: 0.7"),
        made(rows),
    ]
    checkpoint = Checkpoint(bundle, int(rows), lambda name: additions.find_lora(films[0].setup, name))
    together = draw(films, Backend(Only(checkpoint)))
    for film, images in zip(films, together, strict=True):
        assert same(images, pictures(film))


def test_films_with_different_changing_loras_share_a_pass(made, bundle):
    films = [made("8", loras="detail: 0: (0), 2: (1)"), made("8", loras="ink wash: 0: (0.5), 2: (1)"), made("8")]
    checkpoint = Checkpoint(bundle, 8, lambda name: additions.find_lora(films[0].setup, name))
    passes, denoise = [], checkpoint._denoise
    checkpoint._denoise = lambda calls: passes.append({call.loras[:1] for call in calls}) or denoise(calls)
    draw(films, Backend(Only(checkpoint)))
    assert any(len(each) > 1 for each in passes)


def test_a_film_goes_on_where_it_was_interrupted(made):
    film = made(loras="detail: 0: (0), 2: (1) | ink wash: 0.5")
    whole = pictures(film)
    state = film.resume(2, lambda name: whole[name[1]] if name[0] == "frame" else None)
    assert same(whole[2:], pictures(made(loras="detail: 0: (0), 2: (1) | ink wash: 0.5"), state))


def test_keys_know_the_strength_of_a_frame_and_the_file_from_the_frame_on_that_takes_it(made, folder):
    late = "detail: 0: (0), 1: (0), 2: (1)"
    before = made(loras=late).keys
    assert first_difference(before, made(loras="detail: 0: (0), 1: (0), 2: (0.5)").keys) == 2
    path = folder / "detail.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        assert first_difference(before, made(loras=late).keys) == 2
        assert first_difference(made(loras="detail").keys, before) == 0
    finally:
        path.write_bytes(content)


@pytest.mark.parametrize(
    ("raw", "field", "sentence", "column"),
    [
        ({"loras": "ink wash: 1 | detial: 0.8"}, "loras", 'there is no LoRA "detial"; there are detail', 15),
        ({"animation_prompts": "a fox <lora:other:1>"}, "animation_prompts", 'there is no LoRA "other"', 13),
        ({"animation_prompts": "a fox <lora:others:0> <lora:other:1>"}, "animation_prompts", 'no LoRA "other"', 29),
        ({"animation_prompts": "other fox <lora:other:1>"}, "animation_prompts", 'there is no LoRA "other"', 17),
        ({"loras": "for-xl"}, "loras", 'the LoRA "for-xl" is for SDXL, and the model small', 1),
    ],
)
def test_a_lora_that_is_not_there_or_is_for_another_family_is_refused_with_its_place(
    made, raw, field, sentence, column
):
    with pytest.raises(InputError) as refusal:
        made(**raw)
    assert refusal.value.field == field
    assert sentence in refusal.value.message
    assert refusal.value.column == column


def test_without_a_folder_the_refusal_says_what_gives_one(model):
    with pytest.raises(InputError, match=r"no folder of them was given \(--loras DIR\)"):
        prepare({"animation_prompts": "a fox <lora:detail:1>"}, Setup(str(model), device="cpu"))


def test_the_folder_is_listed_from_headers_and_read_again_when_it_changes(folder):
    found = loras_in(str(folder)).files
    assert set(found) == {"detail", "ink wash", "for-xl"}
    detail = found["detail"]
    assert (detail.title, detail.triggers, detail.width, detail.writer) == ("Detailed", ("sks fox",), 32, "kohya")
    assert (found["for-xl"].base, found["for-xl"].width) == ("SDXL", 2048)
    new = folder / "new.safetensors"
    new.write_bytes((folder / "detail.safetensors").read_bytes())
    try:
        assert set(loras_in(str(folder)).files) == {"detail", "ink wash", "for-xl", "new"}
    finally:
        new.unlink()


def test_a_memory_of_merged_models_is_given_back_with_the_checkpoint(made, bundle):
    import gc
    import weakref

    film = made(loras="detail: 0.5")
    checkpoint = Checkpoint(bundle, None, lambda name: additions.find_lora(film.setup, name))
    merged = checkpoint.adapters.model(film.plan.words.loras_at(0))
    gone = weakref.ref(merged), weakref.ref(next(iter(merged.modules.unet.parameters())))
    assert merged is checkpoint.adapters.model(film.plan.words.loras_at(1))
    del merged, checkpoint
    gc.collect()
    assert gone[0]() is None


def test_models_with_loras_in_their_weights_count_in_the_budget_and_idle_models_go_for_them(model, folder, tmp_path):
    (tmp_path / "other").symlink_to(model)
    (size,) = {num_bytes(Setup(str(path)).locate(), 4) for path in (model, tmp_path / "other")}
    name = Setup(str(model)).locate().short_name

    def tried(budget):
        """(what is loaded after a merge, bytes of the merged one, room before and after it)."""
        setup = Setup(str(model), device="cpu", others=(str(tmp_path / "other"),), loras=str(folder))
        models = Checkpoints(replace(setup, memory_gb=budget / GIGABYTE))
        shelf = models.shelf
        shelf.get("other")
        with shelf.use(name) as checkpoint:
            before = shelf._room()
            checkpoint.prepare([Lora("detail", 1.0, 1.0, True)])
            return shelf.loaded(), checkpoint.adapters.num_bytes, before, shelf._room()

    loaded, taken, before, after = tried(3 * size)
    assert 0 < taken < size / 2
    assert (loaded, before - after) == ({name, "other"}, taken)
    loaded, taken, before, after = tried(2 * size + taken / 2)
    assert loaded == {name}
    assert after == before + size - taken
