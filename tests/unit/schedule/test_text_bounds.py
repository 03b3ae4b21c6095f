"""Texts that nobody wrote by hand are refused before they cost anything; every honest one is read."""

import json
import time

import pytest
from tests.keyframes import parse_keyframes

from dreamreel.errors import ScheduleError
from dreamreel.schedule.bounds import MAX_CHARACTERS, MAX_KEYS, MAX_NOTES
from dreamreel.schedule.prompting.box import read_box
from dreamreel.schedule.prompts import parse_prompts
from dreamreel.schedule.readings import READINGS
from dreamreel.schedule.schedules import Grammar, parse_schedule

MATH = Grammar(1000, math=True)


def keys(count, value="1"):
    return ", ".join(f"{frame}: ({value})" for frame in range(count))


def cpu_ms(action):
    """Processor time, which the load of the machine does not lengthen."""
    started = time.process_time()
    with pytest.raises(ScheduleError):
        action()
    return (time.process_time() - started) * 1000


@pytest.mark.parametrize("balanced", [False, True])
def test_a_key_for_each_of_ten_thousand_frames_is_read(balanced):
    assert len(parse_keyframes(keys(MAX_KEYS), "zoom", balanced)[0]) == MAX_KEYS


def test_keys_past_the_last_frame_stay_legal():
    series, notes = parse_schedule("0: (1), 999999: (2)", "zoom", Grammar(100))
    assert series[-1] == 2
    assert "key 999999 is past the last frame 99" in notes[0].message


@pytest.mark.parametrize("balanced", [False, True])
def test_more_keys_are_refused_with_how_many_may_be(balanced):
    with pytest.raises(ScheduleError, match="zoom: has more than 10000 keys"):
        parse_keyframes(keys(MAX_KEYS + 1), "zoom", balanced)


def test_keys_written_with_blanks_are_counted_too():
    with pytest.raises(ScheduleError, match="more than 10000 keys"):
        parse_keyframes("0: \n (1)" * (MAX_KEYS + 1), "zoom")


def test_a_text_may_be_long_and_no_longer():
    assert parse_keyframes("0: (1)" + " " * (MAX_CHARACTERS - 6), "zoom")[0]
    with pytest.raises(ScheduleError, match="zoom: has 262145 characters; 262144 are the most"):
        parse_keyframes("0: (1)" + " " * (MAX_CHARACTERS - 5), "zoom")
    assert parse_prompts("x" * MAX_CHARACTERS, 100, "animation_prompts")[0]
    with pytest.raises(ScheduleError, match="animation_prompts: has 262145 characters"):
        parse_prompts("x" * (MAX_CHARACTERS + 1), 100, "animation_prompts")


def test_more_prompts_than_keys_may_be_are_refused():
    with pytest.raises(ScheduleError, match="animation_prompts: has more than 10000 prompts"):
        parse_prompts("|".join(f"{frame}: x" for frame in range(MAX_KEYS + 1)), 1_000_000, "animation_prompts")


@pytest.mark.parametrize(
    "text",
    [
        keys(600_000),
        "0:(1)" * 600_000,
        "1" * 10_000_000,
        "1:" * 5_000_000,
        "0:(" * 3_000_000,
        "0:(0." + "1" * 10_000_000 + ")",
        "0:" + " " * 10_000_000,
        "|" * 10_000_000,
    ],
    ids=["keys", "repeated", "digits", "colons", "brackets", "a number", "blanks", "bars"],
)
def test_megabytes_are_refused_in_milliseconds(text):
    assert cpu_ms(lambda: parse_schedule(text, "zoom", MATH)) < 50
    assert cpu_ms(lambda: parse_prompts(text, 100, "animation_prompts")) < 50


@pytest.mark.parametrize(
    "formula",
    ["9**9**9**9", "t" + "*t" * 400, "-" * 900 + "1", "(" * 400 + "1" + ")" * 400, "9" * 900, "1e999", "min(1," * 90],
)
def test_a_formula_that_explodes_is_refused_in_milliseconds(formula):
    assert cpu_ms(lambda: parse_schedule(f"0: ({formula})", "zoom", MATH)) < 100


def test_formulas_of_one_text_are_bounded_together():
    formula = "1+" + "where(t>1,t,1)+" * 12 + "1"
    assert parse_schedule(keys(200, formula), "zoom", MATH)[0].shape == (1000,)
    with pytest.raises(ScheduleError, match="formulas of more than 40000 characters together"):
        parse_schedule(keys(1000, formula), "zoom", MATH)


@pytest.mark.parametrize("reading", ["a1111", "dreamreel", "replicate"])
@pytest.mark.parametrize("written", ["max_f-{}: (1)", "'max_f-{}': (1)"])
def test_every_reader_of_schedules_takes_a_thousand_formulas_as_keys(reading, written):
    grammar = Grammar(3000, math=True, reading=READINGS[reading])
    text = ", ".join(written.format(number) for number in range(2, 1002))
    start = "0: (1), " if reading == "a1111" else ""
    assert len(parse_schedule(start + text, "zoom", grammar)[0]) == 3000
    with pytest.raises(ScheduleError, match="zoom: more than 1000 formulas as keys"):
        parse_schedule(f"{start}{text}, max_f: (1)", "zoom", grammar)


def as_json(prompts):
    return json.dumps(dict(prompts))


def with_bars(prompts):
    return " | ".join(f"{key}: {prompt}" for key, prompt in prompts)


@pytest.mark.parametrize(
    ("read", "written"),
    [
        (lambda text: parse_prompts(text, 3000, "animation_prompts"), as_json),
        (lambda text: read_box(text, 3000, "animation_prompts", {"max_f": 2999.0}), as_json),
        (lambda text: read_box(text, 3000, "animation_prompts", {"max_f": 2999.0}), with_bars),
    ],
    ids=["JSON", "JSON in a box", "a box"],
)
def test_every_reader_of_prompts_takes_a_thousand_formulas_as_keys(read, written):
    prompts = [(f"max_f-{number}", "a fox") for number in range(1001)]
    assert len(read(written(prompts[:1000]))[0]) == 1000
    with pytest.raises(ScheduleError, match="animation_prompts: more than 1000 formulas as keys"):
        read(written(prompts))


def test_ten_thousand_mistakes_are_told_as_the_first_hundred():
    _, notes = parse_keyframes("x0:(1)" * 9000, "zoom")
    assert len(notes) == MAX_NOTES + 1
    assert notes[-1].message == "more of it is ignored; these are the first 100"
    assert all(note.ignored for note in notes)
