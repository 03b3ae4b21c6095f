import math

import pytest
from golden_data import unit_json
from tests.keyframes import parse_keyframes

from dreamreel.errors import ScheduleError
from dreamreel.schedule.prompts import parse_prompts, prompt_of_each_frame
from dreamreel.schedule.schedules import Grammar, parse_schedule

KEYFRAMES = unit_json("keyframes")
PROMPTS = unit_json("prompts")


def is_refused_by_choice(case):
    """What the original accepts and then draws garbage from: infinite and missing values."""
    values = [float(value) for value in case["parsed"].values()]
    return not all(math.isfinite(value) for value in values)


VALID = [case for case in KEYFRAMES if "error" not in case and not is_refused_by_choice(case)]
REFUSED = [case for case in KEYFRAMES if "error" in case or is_refused_by_choice(case)]


@pytest.mark.parametrize("case", VALID, ids=lambda case: f"{case['string']!r}-{case['max_frames']}")
def test_the_series_is_the_originals_to_the_last_bit(case):
    series, _ = parse_schedule(case["string"], "zoom", Grammar(case["max_frames"]))
    assert series.tolist() == case["values"][: case["max_frames"]]


@pytest.mark.parametrize("case", VALID, ids=lambda case: f"{case['string']!r}-{case['max_frames']}")
def test_the_keyframes_found_are_the_originals(case):
    keyframes, _ = parse_keyframes(case["string"], "zoom")
    assert {str(keyframe.frame): keyframe.text for keyframe in keyframes} == case["parsed"]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case['string']!r}-{case['max_frames']}")
def test_what_failed_in_the_original_is_refused_with_its_words(case):
    with pytest.raises(ScheduleError) as caught:
        parse_schedule(case["string"], "zoom", Grammar(case["max_frames"]))
    kind, words = case.get("error", ("", ""))
    if kind == "RuntimeError":
        assert words in str(caught.value)
    elif kind == "ValueError":
        assert "could not convert string to float" in str(caught.value)


@pytest.mark.parametrize("case", [c for c in PROMPTS if "error" not in c], ids=lambda c: repr(c["animation_prompts"]))
def test_the_prompt_of_each_frame_is_the_originals(case):
    prompts, _ = parse_prompts(case["animation_prompts"], case["max_frames"], "animation_prompts")
    assert {str(frame): prompt for frame, prompt in prompts.items()} == case["prompts"]
    shown = prompt_of_each_frame(list(prompts), case["max_frames"])
    texts = list(prompts.values())
    assert [texts[idx] for idx in shown][: len(case["per_frame"])] == case["per_frame"]


# A superset of the original: only the first colon of a part separates, so this one is accepted here.
ACCEPTED_HERE = "0: a|5: b: c"
FAILED = [case for case in PROMPTS if "error" in case and case["animation_prompts"] != ACCEPTED_HERE]


@pytest.mark.parametrize("case", FAILED, ids=lambda c: repr(c["animation_prompts"]))
def test_a_prompt_text_that_failed_in_the_original_is_refused_with_its_words(case):
    with pytest.raises(ScheduleError) as caught:
        parse_prompts(case["animation_prompts"], case["max_frames"], "animation_prompts")
    kind, words = case["error"]
    if kind == "AssertionError":
        assert words in str(caught.value)
