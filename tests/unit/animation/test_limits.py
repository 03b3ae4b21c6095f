"""Values of schedules: what can only fail is refused, what is drawn and hardly meant is noted, in every profile."""

import numpy as np
import pytest

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.fields import FIELDS
from dreamreel.animation.input import parse
from dreamreel.animation.plan import build
from dreamreel.animation.profile import PROFILES
from dreamreel.errors import InputError

SCHEDULES = [field for field in FIELDS.values() if field.kind == "schedule"]
BOUNDED = [field for field in SCHEDULES if field.name != "strength_schedule"]  # clipped, with a note for each key
USUAL = [field for field in SCHEDULES if field.usual is not None]
# Inputs without which a schedule is not read.
BESIDE = {
    "seed_schedule": {"seed_behavior": "schedule"},
    "kernel_schedule": {"amount_schedule": "0:(0.1)"},
    "clipskip_schedule": {"prompt_grammar": "dreamreel"},
}


def plan(**raw):
    return build(parse({"max_frames": 6, **raw})[0], Canvas(64, 64, 10, 7.0), 5)


def notes(field, **raw):
    return [note.message for note in plan(**raw).notes if note.field == field]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("field", BOUNDED, ids=lambda field: field.name)
def test_a_value_that_cannot_be_drawn_is_refused_with_its_frame_and_what_can_be(field, profile):
    for bound, beyond in ((field.minimum, field.minimum - 1), (field.maximum, field.maximum * 2)):
        raw = {field.name: f"0:({bound}), 1:({beyond:.0f})", "profile": profile, **BESIDE.get(field.name, {})}
        with pytest.raises(InputError) as caught:
            plan(**raw)
        assert caught.value.field == field.name
        assert "at frame 1" in caught.value.message
        assert "can be drawn" in caught.value.message or field.is_factor


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("field", USUAL, ids=lambda field: field.name)
def test_a_value_that_is_hardly_meant_is_noted_with_its_frame_and_drawn(field, profile):
    usual = field.usual
    within = usual.least if np.isfinite(usual.least) else usual.most
    beyond = (usual.least - 0.25 if np.isfinite(usual.least) else None, usual.most + 1)
    for value in (each for each in beyond if each is not None and field.minimum <= each <= field.maximum):
        raw = {field.name: f"0:({within:g}), 1:({value:g})", "profile": profile, **BESIDE.get(field.name, {})}
        found = notes(field.name, **raw)
        assert any(f"{value:g} at frame 1 is " in each and usual.meaning in each for each in found), found
        assert all(usual.meaning not in each for each in notes(field.name, **{**raw, field.name: f"0:({within:g})"}))


@pytest.mark.parametrize(
    ("raw", "field", "sentence"),
    [
        ({"cfg_scale_schedule": "0:(-5)"}, "cfg_scale_schedule", "-5 at frame 0 is outside 0 to 30"),
        ({"cfg_scale": -5}, "cfg_scale", "-5 is outside 0 to 30"),
        ({"noise_type": "perlin", "perlin_octaves": 0}, "perlin_octaves", "0 is below 1: there are no clouds"),
        ({"zoom": "0:(1), 3:(104)"}, "zoom", "35.3333 at frame 1 is outside 0.5 to 2: it is a factor a frame"),
        (
            {"amount_schedule": "0:(1)", "kernel_schedule": "0:(4)"},
            "kernel_schedule",
            "4 at frame 1 is even, and a blur's",
        ),
        ({"profile": "a1111", "contrast_schedule": "0:(1.1)"}, "contrast_schedule", "makes bright places dark"),
    ],
)
def test_what_was_drawn_without_a_word_is_said(raw, field, sentence):
    assert any(sentence in message for message in notes(field, **raw))
    assert plan(strict=True, **raw).notes  # it does what it says, so that nobody has to refuse it


def test_what_is_usual_is_drawn_without_a_word():
    usual = {"cfg_scale": 7, "zoom": "0:(1.02)", "contrast_schedule": "0:(0.97)", "amount_schedule": "0:(0.2)"}
    for profile in PROFILES:
        named = {*usual, "cfg_scale_schedule", "kernel_schedule", "perlin_octaves"}
        assert not [note for note in plan(profile=profile, **usual).notes if note.field in named]


def test_what_the_family_takes_for_none_counts_as_none():
    assert plan(profile="a1111", clipskip_schedule="0:(0), 1:(2)").words.layers.tolist() == [1, 2, 2, 2, 2, 2]
    (sharpens,) = (
        step for step in plan(profile="a1111", amount_schedule="0:(-0.3)").before if "amount_schedule" in step.series
    )
    image = np.random.default_rng(3).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    call = next(sharpens.run(type("At", (), {"idx": 1}), image))
    assert np.array_equal(call.work(), image)


def test_a_prompt_of_the_notebook_without_a_weight_above_0_is_said_to_be_drawn_as_it_is_written():
    said = "no weight at frame 0 is above 0: the text is drawn as it is written"
    for prompt, is_said in (("a cat:0", True), ("a:0 b:-1", True), ("a:0 b:0.1", False), ("a cat", False)):
        found = notes("animation_prompts", profile="notebook", animation_prompts=prompt)
        assert any(said in each for each in found) is is_said
    with pytest.raises(InputError, match="no weight at frame 0 is above 0"):
        plan(profile="notebook", animation_prompts="a cat:0", strict=True)
