"""Films led by ControlNets, on a small SD 1.x model with random weights."""

import gc
import json
import weakref

import numpy as np
import pytest
import torch
from bench.company import draw
from safetensors.torch import save_file
from tests import controlnets

from dreamreel.animation.identity import first_difference
from dreamreel.engine.backend import Backend
from dreamreel.engine.network import Only
from dreamreel.errors import InputError
from dreamreel.models.adapters.controlnet_library import controlnets_in
from dreamreel.models.adapters.controlnets import load_controlnet
from dreamreel.models.adapters.loaded import LoadedLora
from dreamreel.models.diffusers_bundle import SETS_KEPT
from dreamreel.models.graphs import Graphed, TraceRecorder
from dreamreel.rendering.additions import checkpoint_of
from dreamreel.rendering.animation import prepare
from dreamreel.rendering.checkpoints import Checkpoints, in_full_precision
from dreamreel.rendering.setup import Setup


@pytest.fixture(scope="module")
def bundle(model):
    return prepare({}, Setup(str(model), device="cpu")).bundle


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    """Two for the model, in different layouts, and one for another family."""
    from diffusers import UNet2DConditionModel

    path = tmp_path_factory.mktemp("controlnets")
    unet = UNet2DConditionModel.from_pretrained(model / "unet")
    controlnets.write(path / "canny", controlnets.of_unet(unet, 1), "ldm")
    controlnets.write(path / "tile", controlnets.of_unet(unet, 2), "folder")
    stem = "control_model.input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight"
    layer = {"control_model.zero_convs.0.0.weight": torch.zeros(320, 320, 1, 1)}
    save_file({stem: torch.zeros(640, 2048), **layer}, path / "for-xl.safetensors")
    return path


@pytest.fixture
def made(model, bundle, folder):
    def make(rows="auto", **raw):
        raw = {"animation_prompts": "a fox", "max_frames": 3, "sampler": "euler", "seed": 3, **raw}
        animation = prepare(raw, Setup(str(model), 64, 64, 4, 5.0, "cpu", rows=rows, controlnets=str(folder)))
        animation.bundle = bundle
        return animation

    return make


def pictures(animation, state=None):
    return [frame.image for frame in animation.frames(state)]


def same(one, other):
    return all(np.array_equal(*pair) for pair in zip(one, other, strict=True))


def test_a_film_is_led_from_its_second_frame_on_and_not_where_the_weight_is_0(made):
    without, led = pictures(made()), pictures(made(controlnets="canny: 0: (0), 1: (0), 2: (1)"))
    assert same(without[:2], led[:2])
    assert not np.array_equal(without[2], led[2])
    assert same(without, pictures(made(controlnets="canny: 0 | tile: 1; start: 0.5; end: 0.5")))


def test_it_leads_the_steps_between_its_start_and_its_end(made):
    more = {"strength_schedule": "0: (0.2)", "max_frames": 2}  # three of four steps are run
    led = [
        pictures(made(controlnets=f"canny: 1; {part}", **more))[1] for part in ("end: 0.5", "start: 0.5", "end: 0.3")
    ]
    without = pictures(made(**more))[1]
    assert not any(np.array_equal(led[one], led[other]) for one, other in ((0, 1), (0, 2), (1, 2)))
    assert np.array_equal(led[2], without)


def test_bars_and_json_with_the_extensions_names_say_the_same(made):
    units = [
        {"model": "canny", "module": "canny", "weight": "0: (0.4), 2: (0.8)", "threshold_a": 50, "threshold_b": 90},
        {"model": "tile", "weight": 0.5, "guidance_end": "0:(0.8)"},
    ]
    written = "canny: 0: (0.4), 2: (0.8); preprocessor: canny; low: 50; high: 90 | tile: 0.5; end: 0.8"
    one, other = made(controlnets=written), made(controlnets=json.dumps(units))
    assert one.keys == other.keys
    assert one.plan.row(2)["controlnet 1"] == "canny, previous canny 50 90"
    assert one.plan.row(2)["controlnet 2"] == "tile, previous none"


@pytest.mark.parametrize("rows", ["2", "8"])
def test_frames_are_bit_equal_alone_and_in_company_whatever_leads_the_others(made, bundle, rows):
    films = [
        made(rows, controlnets="canny: 0.8"),
        made(rows, controlnets="canny: 0: (0.2), 2: (1.5); low: 20", angle="0: (4)"),
        made(rows, controlnets="tile: 0.7 | canny: 0.3"),
        made(rows),
    ]
    checkpoint = checkpoint_of(bundle, films[0].setup)
    passes, denoise = [], checkpoint._denoise
    checkpoint._denoise = lambda calls: passes.append([call.controls for call in calls]) or denoise(calls)
    together = draw(films, Backend(Only(checkpoint)))
    for film, images in zip(films, together, strict=True):
        assert same(images, pictures(film))
    shared = [each for each in passes if len(each) > 1 and all(each)]
    assert bool(shared) == (rows == "8")  # and with different weights


def test_a_film_goes_on_where_it_was_interrupted(made):
    wanted = {"controlnets": "canny: 0: (0), 2: (1) | tile: 0.5", "zoom": "0: (1.1)"}
    film = made(**wanted)
    whole = pictures(film)
    state = film.resume(2, lambda name: whole[name[1]] if name[0] == "frame" else None)
    assert same(whole[2:], pictures(made(**wanted), state))


def test_keys_know_weight_preprocessor_and_file_from_the_frame_on_that_takes_them(made, folder):
    late = "canny: 0: (0), 1: (0), 2: (1)"
    before = made(controlnets=late).keys
    assert before[:2] == made().keys[:2]
    assert first_difference(before, made(controlnets=f"{late}; low: 40").keys) == 2
    assert first_difference(made(controlnets="canny: 1").keys, made(controlnets="canny: 1; end: 0.9").keys) == 1
    assert first_difference(made(controlnets="canny: 1").keys, made(controlnets="canny: 1; low: 99.9999999").keys) == 1
    assert made(controlnets="canny").keys == made(controlnets="canny; preprocessor: Canny_edge").keys
    path = folder / "canny.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        assert first_difference(before, made(controlnets=late).keys) == 2
    finally:
        path.write_bytes(content)


@pytest.mark.parametrize(
    ("text", "sentence", "column"),
    [
        ("tile | cany: 0.8", 'there is no ControlNet "cany"; there are canny', 8),
        ("canny | cann: 0.8", 'there is no ControlNet "cann"', 9),
        ("for-xl", 'the ControlNet "for-xl" is for SDXL, and the model small', 1),
        ("canny: nan", "", None),
        ("canny: 1; end: inf", "", None),
        ("canny: 3", "3 at frame 0 is beyond 2", None),
        ("canny: 1; start: 0: (0), 2: (1.5)", "1.5 at frame 2 is beyond 1", None),
        ("tile: 1 | canny: 0: (1", "", None),
        ("canny: 1; strength: 2", '"strength" is no part of a ControlNet; there are model, weight', 10),
        ("canny: 1; weight: 2", 'weight comes twice for "canny"', 10),
        ("canny: 1; preprocessor: depth_midas", "needs a network that finds depth, which is not here", None),
        ("canny: 1; preprocessor: openpose_full", "needs a network that finds poses", None),
        ("canny: 1; preprocessor: magic", '"magic" is no preprocessor; there are none, canny', None),
        ("canny: 1; low: x", "low must be a number between 0 and 255", 15),
        ("tile: 1; low: 5", "none takes no low", 14),
        ("canny: 1; hint: cat.mp4", "a picture or a video is a file, and no input is one yet", 16),
        ("tile|tile|tile|tile|tile|tile", "names more than 5 ControlNets", None),
        ("[{}]", 'an object with a "model"', 1),
        ("[", "looks like JSON and is none", 1),
    ],
)
def test_what_cannot_lead_is_refused_with_its_place(made, text, sentence, column):
    with pytest.raises(InputError) as refusal:
        made(controlnets=text)
    assert refusal.value.field == "controlnets"
    assert sentence in refusal.value.message
    if column is not None:
        assert refusal.value.column == column


def test_one_frame_alone_is_led_by_none_and_a_note_says_so(made):
    assert any(
        note.ignored and "leads no frame" in note.message for note in made(controlnets="tile", max_frames=1).plan.notes
    )


def test_without_a_folder_the_refusal_says_what_gives_one(model):
    with pytest.raises(InputError, match=r"no folder of them was given \(--controlnets DIR\)"):
        prepare({"controlnets": "canny"}, Setup(str(model), device="cpu"))


def test_on_a_shelf_they_count_in_memory_are_read_anew_and_leave_nothing_behind(model, bundle, folder, made):
    film = made(controlnets="canny: 1")
    setup = Setup(str(model), 64, 64, 4, 5.0, "cpu", controlnets=str(folder), memory_gb=0.5)
    models = Checkpoints(setup, {model.name: bundle})
    kind = models.shelf.kinds["controlnet canny"]
    assert kind.num_bytes == 4 * sum(each.numel() for each in kind.load().network.parameters())
    assert "controlnet for-xl" in models.shelf.kinds
    assert {"controlnet canny", in_full_precision("controlnet canny")} <= models.shelf.fitting()
    checkpoint = models.get(models.first)
    checkpoint.prepare(controlnets=["canny"])
    assert "controlnet canny" in models.shelf.loaded()
    (images,) = draw([film], Backend(Only(checkpoint)))
    assert same(images, pictures(film))
    gone = weakref.ref(models.shelf.get("controlnet canny").network)
    path = folder / "canny.safetensors"
    path.touch()
    checkpoint.prepare(controlnets=["canny"])  # its file is another by its date
    gc.collect()
    assert gone() is None
    assert not bundle._with_more


def test_a_lora_is_let_go_of_though_a_controlnet_that_it_was_drawn_with_stays(bundle, folder):
    found = controlnets_in(str(folder)).find("canny")
    control = load_controlnet(found, [vars(bundle.modules.unet.config)], torch.device("cpu"), torch.float32)
    before = set(bundle._with_more)
    loras = [LoadedLora({"unet": {}}, bundle._beside) for _ in range(SETS_KEPT + 1)]
    for lora in loras:
        bundle._denoise_with((lora,), (control,))
    first = weakref.ref(loras[0])
    del loras, lora
    gc.collect()
    assert first() is None
    del control
    gc.collect()
    assert set(bundle._with_more) <= before


def test_a_recorded_pass_of_both_networks_draws_the_same_bytes(made, bundle, monkeypatch):
    film = made(controlnets="canny: 0: (0.5), 2: (1.2)", strength_schedule="0: (0)")
    plain = pictures(film)
    monkeypatch.setattr(bundle, "_recorder", TraceRecorder(after=1))
    checkpoint = checkpoint_of(bundle, film.setup)
    (images,) = draw([film], Backend(Only(checkpoint)))
    ((recorded, _),) = bundle._with_more.values()
    assert isinstance(recorded, Graphed)
    assert all(recorded._recordings.values())
    assert same(images, plain)
