"""What is exported is imported again as the same numbers and the same words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.input import parse
from dreamreel.animation.plan import AnimationPlan, build
from dreamreel.errors import InputError
from dreamreel.importers.export_a1111 import settings_of
from dreamreel.importers.export_parseq import manifest_of_plan
from dreamreel.importers.recognise import import_document

CANVAS = Canvas(64, 64, 25, 7.0)
PROFILES = ("a1111", "notebook", "replicate", "dreamreel")
NUMBERS = st.floats(0.25, 2, width=32).map(lambda value: round(value, 5))
FORMULAS = st.sampled_from(["1+0.01*sin(t/5)", "t/100+0.5", "1.02", ".5"])
WORDS = st.text("abcdefgh ", min_size=1, max_size=12).filter(str.strip)


@st.composite
def schedules(draw, profile):
    values = NUMBERS.map(str) if profile == "replicate" else st.one_of(NUMBERS.map(str), FORMULAS)
    frames = sorted(draw(st.sets(st.integers(1, 40), max_size=4)))
    return ", ".join(f"{frame}:({draw(values)})" for frame in [0, *frames])


@st.composite
def inputs(draw):
    profile = draw(st.sampled_from(PROFILES))
    request = {"profile": profile, "max_frames": draw(st.integers(4, 30)), "seed": draw(st.integers(0, 2**32 - 1))}
    for name in draw(
        st.sets(st.sampled_from(["zoom", "angle", "strength_schedule", "noise_schedule", "cfg_scale_schedule"]))
    ):
        request[name] = draw(schedules(profile))
    request["seed_behavior"] = draw(st.sampled_from(["iter", "fixed", "ladder", "alternate"]))
    request["sampler"] = draw(st.sampled_from(["euler", "euler_ancestral", "klms", "dpmpp_2m"]))
    frames = sorted(draw(st.sets(st.integers(1, 3), max_size=2)))
    request["animation_prompts"] = " | ".join(f"{frame}: {draw(WORDS).strip()}" for frame in [0, *frames])
    if profile in ("a1111", "dreamreel"):
        request["negative_prompts"] = draw(st.sampled_from(["", "fog"]))
        request["diffusion_cadence"] = draw(st.sampled_from([1, 1, 2, 3]))
    return request


def plan_of(request):
    animation_input, _ = parse(request)
    return build(animation_input, CANVAS, animation_input.seed or 0)


def words_of(plan):
    """What a frame says, without blanks that mean nothing."""
    return lambda idx: " ".join(plan.prompt(idx).replace("--neg", " --neg ").split()).removesuffix(" --neg")


def assert_same(one: AnimationPlan, other: AnimationPlan, names) -> None:
    assert other.input.max_frames == one.input.max_frames
    for name in names:
        assert np.array_equal(one.series[name], other.series[name]), name
    frames = range(min(one.num_frames, other.num_frames))
    assert [other.seed_of(idx) for idx in frames] == [one.seed_of(idx) for idx in frames]
    assert list(map(words_of(one), frames)) == list(map(words_of(other), frames))


@given(inputs())
@settings(max_examples=30, deadline=None)
def test_a_settings_file_is_read_back_to_the_same_plan(request_of):
    plan = plan_of(request_of)
    imported = import_document(settings_of(plan))
    assert imported.kind == "settings of the A1111 extension"
    assert set(imported.fates.of("unsupported")) <= {"W", "H"}
    back = plan_of(imported.input)
    assert_same(plan, back, set(plan.series) & set(back.series))
    assert {"zoom", "strength_schedule"} <= set(back.series)
    for name in ("sampler", "border", "color_coherence", "fps", "diffusion_cadence"):
        assert back.input.values[name] == plan.input.values[name]


@given(inputs())
@settings(max_examples=20, deadline=None)
def test_a_manifest_is_read_back_to_the_same_plan(request_of):
    plan = plan_of(request_of)
    imported = import_document(manifest_of_plan(plan))
    assert imported.kind == "a Parseq manifest"
    back = plan_of(imported.input)
    assert_same(plan, back, set(plan.series) & set(back.series) - {"steps_schedule"})


def test_a_request_without_seeds_and_with_everything_is_read_back():
    request = {
        "profile": "a1111",
        "max_frames": 20,
        "seed": 5,
        "seed_behavior": "schedule",
        "fps": 24,
        "seed_schedule": "0:(5), 10:(t+s)",
        "clipskip_schedule": "0:(2)",
        "enable_perspective_flip": True,
        "perspective_flip_phi": "0:(t)",
        "sampler_schedule": '0: ("Euler a"), 9: ("DDIM")',
        "noise_type": "uniform",
        "steps_schedule": "0: (20), 10: (30)",
        "color_coherence": "None",
        "legacy_colormatch": True,
        "ddim_eta_schedule": "0:(0.5)",
        "amount_schedule": "0:(0.3)",
        "color_force_grayscale": True,
        "animation_prompts": "a fox",
    }
    plan = plan_of(request)
    back = plan_of(import_document(settings_of(plan)).input)
    assert_same(plan, back, plan.series)
    for name in (
        "legacy_colormatch",
        "noise_type",
        "color_coherence",
        "color_force_grayscale",
        "enable_perspective_flip",
    ):
        assert back.input.values[name] == plan.input.values[name]
    assert plan.row(15).items() <= back.row(15).items()


def test_controlnets_are_read_back_as_they_lead_each_frame():
    led = "canny: 0: (0.2), 5: (0.8); low: 20; end: 0.7 | tile: 0.5; preprocessor: invert; start: 0: (0), 9: (0.5)"
    plan = plan_of({"profile": "a1111", "max_frames": 20, "seed": 5, "animation_prompts": "a fox", "controlnets": led})
    back = plan_of(import_document(settings_of(plan)).input)
    assert [unit.name for unit in back.controlnets.units] == ["canny", "tile"]
    for idx in range(1, 20):
        assert back.controlnets.row(idx) == plan.controlnets.row(idx)


def test_what_plans_refuse_is_refused_before_it_is_exported():
    with pytest.raises(InputError):
        plan_of({"profile": "a1111", "zoom": "5: (1)"})
