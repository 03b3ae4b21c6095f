"""The short way through plain texts says what the long way says, in every profile."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamreel.errors import ScheduleError
from dreamreel.schedule import schedules
from dreamreel.schedule.plain_numbers import plain_points
from dreamreel.schedule.readings import READINGS
from dreamreel.schedule.schedules import Grammar

FRAMES = st.integers(0, 12).map(str) | st.sampled_from(["00", "007", "-1", "max_f", "12.0", "9999999999"])
VALUES = st.floats(-99, 99).map(lambda value: f"{value:.3f}") | st.sampled_from(["1", "-0", "1.", ".5", "1e2", "", "t"])
SEPARATORS = st.sampled_from([", "] * 8 + [",", ",  ", ",\n", ";", " ", ""])
KEYS = st.tuples(FRAMES, st.sampled_from([": ", ":", " :", ":\n"]), VALUES, SEPARATORS)
TEXTS = st.lists(KEYS, min_size=1, max_size=5).map(
    lambda keys: (
        "".join(f"{frame}{colon}({value}){after}" for frame, colon, value, after in keys[:-1])
        + "{}{}({})".format(*keys[-1][:3])
    )
)


def read(text, grammar):
    """What a text says, or the error that it is."""
    try:
        series, notes = schedules._parsed(text, "zoom", grammar)
    except ScheduleError as error:
        return str(error), error.column
    return series.tolist(), notes


@pytest.mark.parametrize("profile", READINGS)
@pytest.mark.parametrize("past_end", ["compress", "clip", "ignore"])
@given(text=TEXTS, num_frames=st.integers(1, 15), math=st.booleans(), interp=st.sampled_from(["linear", "cubic"]))
def test_the_short_way_says_what_the_long_way_says(profile, past_end, text, num_frames, math, interp):
    grammar = Grammar(num_frames, 5, math or READINGS[profile].always, past_end, READINGS[profile], interp)
    short = read(text, grammar)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schedules, "plain_points", lambda *_: None)
        assert read(text, grammar) == short


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("0: (1.04), 50: (1.1)", {0: 1.04, 50: 1.1}),
        ("0:(-1),9:(2)", {0: -1, 9: 2}),
        ("0: (1), 60: (2)", None),  # past the end
        ("5: (1)", None),  # nothing at frame 0
        ("0: (1), 9: (2), 9: (3)", None),
        ("9: (1), 0: (2)", None),
        ("0: (1) 9: (2)", None),
        ("0: (t)", None),
        ("", None),
    ],
)
def test_plain_is_what_needs_no_remark(text, points):
    assert plain_points(text, 60) == points


def test_a_long_text_that_is_nearly_plain_is_told_apart_at_once():
    assert plain_points(", ".join(f"{frame}: (1.5)" for frame in range(20_000)) + "!", 20_000) is None


@pytest.mark.parametrize("interp", ["linear", "cubic"])
def test_formulas_that_say_every_frame_are_joined_to_the_bit(interp):
    grammar = Grammar(9, math=True, interp=interp)
    series, _ = schedules.parse_schedule("0: (t/3), 4: (7), 5: (sin(t))", "zoom", grammar)
    parts = [schedules.parse_schedule(f"0: ({part})", "zoom", grammar)[0] for part in ("t/3", "sin(t)")]
    assert series.tolist() == [*parts[0][:4].tolist(), 7.0, *parts[1][5:].tolist()]


def test_a_film_that_ends_before_the_first_key_is_told_so_where_such_keys_are_ignored():
    with pytest.raises(ScheduleError, match="every key is past the last frame 4, where keys are ignored") as caught:
        schedules.parse_schedule("9: (1), 5: (2)", "zoom", Grammar(5, keys_past_end="ignore"))
    assert caught.value.column == 5
