"""Formulas of the notebook and the extension are numexpr's, with its kinds: truth, whole numbers, fractions."""

import pytest

from dreamreel.errors import ScheduleError
from dreamreel.schedule.readings import READINGS
from dreamreel.schedule.schedules import Grammar, parse_schedule

# Formula, what it is worth at frames 0 .. 5 there, and in dreamreel where that differs.
WORTH = [
    ("-7 % 3", [2] * 6, [-1] * 6),  # constants alone are Python's
    ("-t % 3", [0, -1, -2, 0, -1, -2], None),
    ("3 & 1", [1] * 6, None),
    ("~(t>1) | (t<1)", [1, 1, 0, 0, 0, 0], None),
    ("(t>1)*2", [0, 0, 2, 2, 2, 2], None),
    ("2**-1", [0.5] * 6, None),
    ("2**t", [1, 2, 4, 8, 16, 32], None),
    ("(t+1.0)**-1", [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 1 / 6], None),
]
# What numexpr has no sign for, and what is said of it.
REFUSED = [
    ("t & 1", '"&" and "|" join comparisons alone'),
    ("(t>2) | 1", '"&" and "|" join comparisons alone'),
    ("~t", '"~" takes a comparison'),
    ("-(t>1)", "write -1*(t>9)"),
    ("(t>1) + (t<3)", "write 1*(t>9) for a number"),
    ("(t+1)**-1", "write 1/(...)"),
    ("t * 9223372036854775808", "is too large a number for this profile"),
]


def series(formula, profile):
    reading = READINGS[profile]
    text = f"0:({formula})"
    return parse_schedule(text, "zoom", Grammar(6, 7, True, reading.past_end, reading))[0].tolist()


@pytest.mark.parametrize("profile", ["a1111", "notebook"])
@pytest.mark.parametrize(("formula", "there", "here"), WORTH)
def test_formulas_are_worth_what_numexpr_makes_of_them(formula, there, here, profile):
    assert series(formula, profile) == pytest.approx(there)
    assert series(formula, "dreamreel") == pytest.approx(there if here is None else here)


@pytest.mark.parametrize("profile", ["a1111", "notebook"])
@pytest.mark.parametrize(("formula", "sentence"), REFUSED)
def test_what_numexpr_has_no_sign_for_is_refused_with_what_to_write_and_drawn_by_dreamreel(formula, sentence, profile):
    with pytest.raises(ScheduleError) as caught:
        series(formula, profile)
    assert sentence in caught.value.message
    assert caught.value.message.endswith("; profile dreamreel reads it")
    assert series(formula, "dreamreel")


def test_a_condition_of_the_notebook_is_a_comparison():
    assert series("where(t>2, 1, 0)", "notebook") == [0, 0, 0, 1, 1, 1]
    with pytest.raises(ScheduleError, match="asks for a comparison in this profile"):
        series("where(t%2, 1, 0)", "notebook")
