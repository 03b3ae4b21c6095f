import math
import re

import numpy as np
import pytest

from dreamreel.errors import ScheduleError
from dreamreel.schedule.expressions import evaluate
from dreamreel.schedule.schedules import Grammar, locate_schedule, parse_schedule

T = np.arange(100, dtype=np.float64)


def value(text, t=T):
    return evaluate(text, t, 99, 7, "zoom", 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.0025+0.002*sin(1.25*3.14*t/30)", 1.0025 + 0.002 * np.sin(1.25 * 3.14 * T / 30)),
        ("where(t>5, 1, 2)", np.where(T > 5, 1.0, 2.0)),
        ("min(t, max_f/2)", np.minimum(T, 49.5)),
        ("-t**2 % 7", np.fmod(-(T**2), 7)),
        ("2*pi + s", np.full(100, 2 * math.pi + 7)),
        ("(t > 3) * (t < 6) + abs(-1)", ((T > 3) & (T < 6)) + 1.0),
        ("-(t == 4)", -(T == 4).astype(float)),
        ("where((t>=10)&(t<30), 1.1, 1)", np.where((T >= 10) & (T < 30), 1.1, 1.0)),
        ("(t<10)|(t>=30)", ((T < 10) | (T >= 30)).astype(float)),
        ("where(~(t<30), 1.1, 1)", np.where(T >= 30, 1.1, 1.0)),
        ("10 <= t < 30", ((T >= 10) & (T < 30)).astype(float)),
        ("where(10 <= t < 30, 1.1, 1)", np.where((T >= 10) & (T < 30), 1.1, 1.0)),
        ("1 + (t & 1)", 1 + T % 2),
        ("(t > 3) + (t > 6)", (T > 3).astype(float) + (T > 6)),
        ("~t", -T - 1),
        ("t % 7 - 2**3", np.fmod(T, 7) - 8),
        ("min(t, 3, 2) + max(1, 2, t)", np.minimum(T, 2) + np.maximum(T, 2)),
        (" 1 +\n t ", 1 + T),
        ("2*π", np.full(100, 2 * math.pi)),
        ("t \u2212 1\u00d72", T - 2),
        ("sin（t）", np.sin(T)),
    ],
)
def test_formulas_have_the_values_of_numpy(text, expected):
    assert np.array_equal(value(text), expected)


@pytest.mark.parametrize(
    "attack",
    [
        "__import__('os').system('true')",
        "().__class__.__bases__",
        "t.real",
        "[1,2]",
        "'a'*9",
        "lambda: 1",
        "(t for t in t)",
        "9**9**9**9",
        "2**99999999",
        "1" * 400,
        "+".join(["t"] * 150),
        "(" * 300 + "t" + ")" * 300,
        "t" * 2000,
        "sin(t, t)",
        "sin(x=t)",
        "sin",
        "t if t else 1",
        "not t",
        "True",
        "1j",
        "log(-1)",
        "1/t",
        "",
        "t;t",
        "\x00",
        "print(1)",
    ],
)
def test_whatever_is_no_formula_or_no_finite_number_is_one_sentence(attack):
    with pytest.raises(ScheduleError) as caught:
        value(attack)
    assert caught.value.column == 1
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("t^2", 1, "write t**2"),
        ("1 + 0.1*t^2", 1, "write 1 + 0.1*t**2"),
        ("1+sin(t^2)", 7, "write t**2"),
        ("1 if t<30 else 1.1", 1, "write where(t<30, 1, 1.1)"),
        ("1 + (2 if t>3 else 0)", 6, "write where(t>3, 2, 0)"),
        ("t//30", 1, "write floor(t/30)"),
        ("(t>3) and (t<6)", 1, "write (t>3) * (t<6)"),
        ("t>3 and t<6", 1, "write (t>3) * (t<6)"),
        ("t<3 or t>6", 1, "write (t<3) | (t>6)"),
        ("not t<3", 1, "write ~(t<3)"),
        ("t>=10 & t<30", 4, "put brackets around"),
        ("(t>3) && (t<6)", 1, "write (a) & (b)"),
        ("t<3 || t>6", 1, "write (a) | (b)"),
        ("!(t<3)", 1, "write ~(condition)"),
        ("t<30 ? 1 : 1.1", 1, "write where(condition, value, other)"),
        ("2t", 1, 'write "*" between 2 and'),
        ("2sin(t)", 1, 'write "*" between 2 and'),
        ("30if t else 2", 1, 'write "*" between 30 and'),
        ("(t)(t)", 1, 'write "*"'),
        ("t(2)", 1, 'write "*" between t and'),
        ("1,04", 1, "write 1.04 for a decimal comma"),
        ("t²", 1, 'write "**2"'),
        ("t ≤ 3", 1, 'write "<="'),
        ("t = 3", 1, 'write "=="'),
        ("np.sin(t)", 1, "write sin()"),
        ("Math.PI", 1, "write PI"),
        ("1.1 if t", 1, "where(condition, value, other)"),
        ("sin t", 1, "brackets around what a function takes"),
        ("sin", 1, "sin needs brackets"),
        ("1 + sinn(t)", 5, "write sin"),
        ("rint(t)", 1, "write round"),
        ("frame/30", 1, "write t"),
        ("max_frames/2", 1, "write max_f + 1"),
        ("  t^2", 3, "write t**2"),
        ("é+t^2", 1, "write é+t**2"),
        ("sin(é)+sin(t^2)", 5, "is unknown"),
        ("sin(t)+é", 8, "is unknown"),
        ("t.5 & 0.5", 1, "not a formula"),
        ("t & 0.5", 1, "take comparisons in brackets"),
        ("log(1, 2)", 1, "log() takes 1 value, got 2"),
        ("max(1)", 1, "max() takes 2 or more values, got 1"),
        ("50%", 1, "0.5"),
    ],
)
def test_what_other_languages_write_is_answered_with_what_to_write_and_where(text, column, words):
    with pytest.raises(ScheduleError) as caught:
        value(text)
    assert words in str(caught.value)
    assert caught.value.column == column
    assert not any(name in str(caught.value) for name in ("BitXor", "IfExp", "BoolOp", "Tuple", "Floor", "Node"))


def test_an_unknown_name_is_answered_with_a_few_near_ones():
    with pytest.raises(ScheduleError) as caught:
        value("foo_bar + 1")
    assert len(str(caught.value)) < 160
    with pytest.raises(ScheduleError) as caught:
        value("arcsinn(t)")
    assert "write arcsin or" in str(caught.value)


def test_a_number_beside_a_name_is_refused_without_a_warning_of_pythons(recwarn):
    with pytest.raises(ScheduleError):
        value("1if t else 2")
    assert [*recwarn] == []


def test_a_formula_holds_until_the_next_key_and_a_number_runs_up_to_it():
    """5:(t), 8:(0) gives 5, 6, 7, 0, and 0:(1) reaches 5 at frame 5, as in Deforum's notebooks."""
    series, _ = parse_schedule("0:(1), 5:(t), 8:(0)", "zoom", Grammar(10, math=True))
    assert series[5:].tolist() == [5, 6, 7, 0, 0]
    assert np.allclose(series[:6], np.linspace(1, 5, 6))


def test_formulas_are_refused_unless_asked_for():
    with pytest.raises(ScheduleError, match=r"could not convert string to float: .sin\(t. at column 5.*\"math\": true"):
        parse_schedule("0: (sin(t))", "zoom", Grammar(10))


def series(text, num_frames=60, **grammar):
    return parse_schedule(text, "zoom", Grammar(num_frames, seed=3, **grammar))


def messages(text, num_frames=60, **grammar):
    return [note.message for note in series(text, num_frames, **grammar)[1]]


def test_a_key_past_the_end_is_noted_with_the_frames_it_changes():
    assert messages("0: (1), 200: (2)", 100) == ["key 200 is past the last frame 99; its value is reached at frame 99"]
    assert messages("0: (1), 200: (2)", 100, keys_past_end="clip") == []


def test_a_key_at_the_length_is_written_on_purpose():
    assert messages("0: (1), 60: (2)") == []
    assert series("0: (1), 60: (2)")[0][59] == 2


def test_compress_is_a_rule_for_numbers_and_a_formula_goes_on_to_the_end():
    values, notes = series("0:(1.02+0.01*sin(t/10)), 120:(1.5)", math=True)
    assert np.array_equal(values, 1.02 + 0.01 * np.sin(np.arange(60) / 10))
    assert [note.message for note in notes] == [
        "key 120 is past the last frame 59; it is ignored: the formula at frame 0 goes on to the end"
    ]
    assert series("0:(1), 120:(t)", math=True)[0].tolist() == [1.0] * 60
    assert series("0:(t), 30:(1), 120:(2)", math=True)[0][59] == 2
    assert series("0:(1), 120:(2)", math=True)[0].tolist() == series("0:(1), 120:(2)")[0].tolist()


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        ("0:(1), max_f/2:(1.1), max_f-1:(1)", [0, 29, 58]),
        ('"0":(1), "max_f/2":(1.1), "max_f-1":(1)', [0, 29, 58]),
        ("'0':(1), 'max_f':(1)", [0, 59]),
        ("max_f:(100), (max_f/2):(2)", [59, 29]),
        ("(max_f - 1) / 2 : (2)", [29]),
        ("min(max_f, 10):(1)", [10]),
        ("0.0:(1.02), 30.0:(1.1), 30.9:(1)", [0, 30, 30]),
        ("30*2-1:(1)", [59]),
        ("0:(1)5:(2)", [0, 5]),
        ("0:(1) then 5:(2)", [0, 5]),
        ("0：(1)，max_f：(1.1)", [0, 59]),
        ("s:(1)", [3]),
        ("0 : (1) | 1e1:(2)", [0, 10]),
    ],
)
def test_with_formulas_a_key_may_be_one_too(text, frames):
    spans = locate_schedule(text, "zoom", Grammar(60, seed=3, math=True))
    assert [span.keyframe.frame for span in spans] == frames


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("0:(1), max_g:(2)", 8, "write max_f"),
        ("0:(1), t:(2)", 8, "a key is one frame"),
        ("0:(1), max_f^2:(2)", 8, "write max_f**2"),
        ("0:(1), 1/0:(2)", 8, "is not a frame number"),
        ("-1:(2)", 1, "every key is before frame 0"),
    ],
)
def test_a_key_that_is_no_frame_is_refused_at_its_place(text, column, words):
    with pytest.raises(ScheduleError, match=re.escape(words)) as caught:
        series(text, math=True)
    assert caught.value.column == column


def test_a_key_before_the_first_frame_is_named():
    assert messages("0:(1), -5:(3)", math=True) == [
        'the key "-5" at column 8 is frame -5, before the first: it is ignored'
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0:(1,04)", "write 1.04"),
        ("0:(104%)", "write a factor"),
        ("0:(t^2)", '"math": true, on the command line --math'),
        ("0:()", "a value is a number such as 1.04"),
    ],
)
def test_a_value_that_is_no_number_is_answered_with_what_to_write(text, words):
    with pytest.raises(ScheduleError) as caught:
        series(text)
    assert words in str(caught.value)
    assert ("--math" in words) == ("--math" in str(caught.value))


FULL_WIDTH = ["0：(1.04)，30：(1.1)", "0:（1.04），30:（1.1）", "０：（１．０４）３０：（１．１）"]


@pytest.mark.parametrize("text", [*FULL_WIDTH, "\ufeff0:(1.04),\u00a030:\u00a0(1.1)"])
def test_with_formulas_the_marks_of_other_keyboards_are_read(text):
    assert series(text, math=True)[0].tolist() == series("0:(1.04),30:(1.1)")[0].tolist()


@pytest.mark.parametrize("text", FULL_WIDTH)
def test_where_the_original_failed_at_such_a_mark_it_is_named(text):
    with pytest.raises(ScheduleError, match=r'at column \d+ ".+" \(fullwidth .+\) stands where "[(:0-9]" is meant'):
        series(text)


def test_a_typographic_minus_is_a_minus():
    assert series("0:(\u22120.5), 9:(\u20131)")[0][[0, 9]].tolist() == [-0.5, -1]


def test_what_the_original_reads_without_the_marks_stays_and_the_mark_is_named():
    values, notes = series("0:(1.04), 30：(1.1)")
    assert set(values.tolist()) == {1.04}
    assert 'at column 13 "：" (fullwidth colon) stands where ":" is meant' in notes[0].message


def test_a_byte_order_mark_is_nothing():
    assert messages("\ufeff0:(1)") == []


def test_formula_keys_are_as_few_as_others_and_quickly_refused():
    with pytest.raises(ScheduleError, match="more than 1000 formulas as keys"):
        series("s:(1)," * 1001, math=True)
    assert series("s:(1)," * 1000, math=True)[0].tolist() == [1.0] * 60
