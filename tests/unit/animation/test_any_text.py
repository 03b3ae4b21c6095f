"""Any text in the inputs that name networks ends in a plan or in one sentence, in bounded time."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.input import parse
from dreamreel.animation.plan import build
from dreamreel.animation.views import ANIMATE
from dreamreel.errors import InputError
from dreamreel.schedule.bounds import MAX_CHARACTERS

FIELDS = ("loras", "controlnets")
WORDS = (
    *(
        "name",
        "canny",
        "tile",
        ":",
        ";",
        "|",
        "\n",
        " ",
        "0",
        "1",
        ".5",
        "-",
        "e9",
        "(",
        ")",
        ",",
        "t",
        "max_f",
        "<",
        ">",
    ),
    *("<lora:a:1>", "weight", "start", "end", "low", "module", "hint", "te:", "unet:", "{", "}", "[", "]", '"', "null"),
    *('{"model": "a"}', '"a": 1', "é", "１", "\\", "'"),
)
TEXTS = st.lists(st.sampled_from(WORDS), max_size=30).map("".join) | st.text(max_size=40)
LONG = {
    **{f"one sign {sign!r}": sign for sign in ("(", "[", "{", '"', "|", ":", ";", " ", "9", "<", "\n")},
    "entries": "a: 1 | ",
    "schedules": "a: 0: (1), ",
    "parts": "a: 1; end: 1; ",
    "tags": "<lora:a:1>",
    "open tags": "<lora:",
    "objects": '{"model": "a"}, ',
    "deep parentheses": "a: 0: (((((((",
}


def refusal(field, text):
    """The sentence that refuses a text; empty where there is a plan."""
    try:
        animation_input, _ = parse({field: text, "animation_prompts": "a", "max_frames": 4}, ANIMATE.view)
        build(animation_input, Canvas(64, 64, 4, 7.0), 0)
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("field", FIELDS)
@given(text=TEXTS)
@settings(max_examples=100, deadline=None)
def test_any_text_is_a_plan_or_a_sentence_of_its_field(field, text):
    sentence = refusal(field, text)
    assert not sentence or sentence.startswith(f"{field}: ")
    assert "\n" not in sentence


@pytest.mark.parametrize("unit", LONG.values(), ids=LONG)
@pytest.mark.parametrize("field", FIELDS)
def test_the_longest_text_takes_less_than_a_second(field, unit):
    text = "a: " + unit * ((MAX_CHARACTERS - 3) // len(unit))
    json = f"[{unit * ((MAX_CHARACTERS - 1) // len(unit))}"
    for each in (text, text[3:], json):
        started = time.thread_time()
        assert len(refusal(field, each)) < 1000
        assert time.thread_time() - started < 1
