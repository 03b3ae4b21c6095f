"""Any text ends in a value or in one sentence, in bounded time."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamreel.errors import ScheduleError
from dreamreel.schedule.bounds import MAX_CHARACTERS
from dreamreel.schedule.prompting.attention import parse_attention
from dreamreel.schedule.prompting.box import read_box
from dreamreel.schedule.prompting.combining import parse_combined
from dreamreel.schedule.prompting.editing import parse_edits, schedule_of
from dreamreel.schedule.prompting.formulas import letters_replaced, substituted
from dreamreel.schedule.prompting.rules import RULES
from dreamreel.schedule.prompting.script import Boxes, read_script
from dreamreel.schedule.prompting.stages import stages
from dreamreel.schedule.prompting.weights import split_weights

FIELD = "animation_prompts"
WORDS = [*"()[]:|\\`\"'{},.0159-+ \n", "AND", "BREAK", "--neg", "max_f", "t", "a", "é", "１"]
SIGNS = st.lists(st.sampled_from(WORDS), max_size=40).map("".join)
TEXTS = SIGNS | st.text(max_size=40)


def letters(formula, column):
    return letters_replaced(formula, column, 7, 9, FIELD)


PARSERS = {
    "attention": lambda text: parse_attention(text, FIELD),
    "editing": lambda text: schedule_of(parse_edits(text, FIELD), 20, FIELD),
    "combining": lambda text: parse_combined(text, FIELD),
    "weights": lambda text: split_weights(text, FIELD, lambda *_: 0.5),
    "letters": lambda text: substituted(text, FIELD, letters),
    "box": lambda text: read_box(text, 10, FIELD, {"max_f": 9, "s": 1}),
}


def sentence_of(work):
    """What refuses it; empty where it has a value."""
    try:
        work()
    except ScheduleError as error:
        return str(error)
    return ""


def whole(text, profile, width=0):
    """A text read as far as an animation reads it, at every frame."""
    boxes = Boxes((FIELD, text), ("positive_prompts", ""), ("negative_prompts", ""))
    script, _ = read_script(boxes, 4, 1, RULES[profile], width)
    for frame in range(4):
        for said, _ in script.said(frame):
            stages(said, 10, FIELD, script.rules)


@pytest.mark.parametrize("parse", PARSERS.values(), ids=PARSERS)
@given(text=TEXTS)
@settings(max_examples=150, deadline=None)
def test_any_text_ends_in_a_value_or_a_sentence(parse, text):
    assert "\n" not in sentence_of(lambda: parse(text))


@pytest.mark.parametrize("profile", RULES)
@given(text=TEXTS, width=st.sampled_from([0, 2]))
@settings(max_examples=80, deadline=None)
def test_any_prompt_is_read_to_its_end_or_refused_in_a_sentence(profile, text, width):
    assert "\n" not in sentence_of(lambda: whole(text, profile, width))


LONG = {
    "open round": "(",
    "open square": "[a:",
    "closed": "(a)",
    "deep": "(" * 90 + "a" + ")" * 90,
    "unlike": "([)]",
    "swaps": "[a:b:0.5]",
    "turns": "[a|b]",
    "bars": "|",
    "keys": "1: a | ",
    "lines": "1: a\n",
    "blanks": " ",
    "colons": ":",
    "blanks and colons": ": ",
    "digits": ":1.2",
    "ticks": "`",
    "formulas": "`t`",
    "breaks": " BREAK ",
    "ands": " AND ",
    "escapes": "\\(",
    "backslashes": "\\",
    "negatives": "--neg ",
    "json": '{"0": "a", ',
    "quotes": '"1": "a", ',
    "numbers": "9",
}


@pytest.mark.parametrize("unit", LONG.values(), ids=LONG)
@pytest.mark.parametrize("parse", PARSERS.values(), ids=PARSERS)
def test_the_longest_text_takes_less_than_a_second(parse, unit):
    text = unit * (MAX_CHARACTERS // len(unit))
    started = time.thread_time()
    assert len(sentence_of(lambda: parse(text))) < 1000
    assert time.thread_time() - started < 1
