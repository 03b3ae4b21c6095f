"""What the text encoder would read as words is named, and what was meant as words is left alone."""

import re
import time
from functools import partial

import pytest

from dreamreel.errors import ScheduleError
from dreamreel.schedule.prompting.box import read_box
from dreamreel.schedule.prompts import parse_prompts

PREFIX = (
    'a single prompt is used whole, with its leading "0:", as the original does; "strip_single_prefix": true drops it'
)


def notes_of(text, num_frames=60):
    return [note.message for note in parse_prompts(text, num_frames, "animation_prompts")[1] if note.message != PREFIX]


@pytest.mark.parametrize(
    ("text", "shown", "column"),
    [
        ("0: a fox\n30: a cat", "30: a cat", 10),
        ("0: a fox\r\n30: a cat\r\n", "30: a cat\\r", 11),
        ("0: a fox; 30: a cat", "30: a cat", 11),
        ("0: a fox, 30: a cat", "30: a cat", 11),
        ('0: "a fox", 30: "a cat"', '30: "a cat"', 13),
        ("0: a fox 30: a cat", "30: a cat", 10),
        ("0: a | 10: a fox\n30: a cat", "30: a cat", 18),
    ],
)
def test_a_missing_bar_is_named_where_it_is_missing(text, shown, column):
    assert notes_of(text) == [
        f'"{shown}" at column {column} is read as words of the prompt before it: "|" begins another, '
        f'as in "0: a fox | 30: a cat"'
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a fox, ratio 16:9, at 10:30 pm",
        "0: scene 3: the fox",
        "0: ratio 3:2 | 5: a clock at 12:45",
        "a fox 85mm: sharp",
        "80s: a disco",
        "1950s: a street",
        "3-2-1: go",
        "2-4 people: a walk",
        "a fox, 1234: words",  # no such frame
        "a fox (black), f/1.8, ISO:100, https://example.com",
        "A FOX AND A CAT",
        "a fox - a cat – a bird",
    ],
)
def test_what_is_meant_as_words_is_left_alone(text):
    assert notes_of(text) == []


HOLDS = "a prompt begins at one frame and holds until the next"
WHOLE = "a frame is a whole number alone"
TIME = "a prompt begins at a frame, not at a second or a share"


@pytest.mark.parametrize(
    ("text", "label", "reason", "right"),
    [
        ("0-30: a fox 30-60: a cat", "0-30:", HOLDS, "0: a fox | 30: a cat"),
        ("0 - 30: a fox", "0 - 30:", HOLDS, "0: a fox"),
        ("0 to 30: a fox, 30 to 60: a cat", "0 to 30:", HOLDS, "0: a fox | 30: a cat"),
        ("Frames 0–30: a fox\nFrames 30–60: a cat", "Frames 0–30:", HOLDS, "0: a fox | 30: a cat"),
        ("frame 0: a fox\nFrame 30: a cat", "frame 0:", WHOLE, "0: a fox | 30: a cat"),
        ("0f: a fox 30f: a cat", "0f:", WHOLE, "0: a fox | 30: a cat"),
        ("0.0: a fox; 30.0: a cat", "0.0:", WHOLE, "0: a fox | 30: a cat"),
        ("0s: a fox 2.5s: a cat", "0s:", TIME, "0: a fox | 30: a cat"),
        ("0%: a fox", "0%:", TIME, "0: a fox | 30: a cat"),
        ("0-2 sec: a fox", "0-2 sec:", TIME, "0: a fox | 30: a cat"),
    ],
)
@pytest.mark.parametrize("read", [parse_prompts, partial(read_box, names=None)])
def test_frames_as_people_write_them_are_named_with_the_way_to_write_them(text, label, reason, right, read):
    if read is not parse_prompts and label in ("0-30:", "0 - 30:", "0.0:"):  # a key there, where keys may be formulas
        with pytest.raises(ScheduleError, match=f'the key "{label[:-1]}" at column 1 is no frame number'):
            read(text, 60, "animation_prompts")
        return
    notes = [note.message for note in read(text, 60, "animation_prompts")[1]]
    assert notes[0] == f'"{label}" at column 1 is read as words, and all of it as one prompt: {reason}; write "{right}"'


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("0-30: a | 30-60: b", f'got "0-30", max_frames is 60; {HOLDS}, such as 0'),
        ("0: a | 5s: b", f'got "5s", max_frames is 60; {TIME})'),
        ("0: a | 30.5: b", f'got "30.5", max_frames is 60; {WHOLE}, such as 30'),
    ],
)
def test_a_part_that_begins_with_such_a_frame_is_refused_with_the_right_one(text, way):
    with pytest.raises(ScheduleError, match=re.escape(way)):
        parse_prompts(text, 60, "animation_prompts")


def test_marks_that_look_like_the_ones_meant_are_named():
    assert notes_of("0：a fox")[0].startswith('all of it is one prompt: at column 2 "：" (fullwidth colon)')
    assert notes_of("0: a fox｜60: a cat")[-1].startswith('all of it is one prompt: at column 9 "｜"')


NEGATIVE = 'the original has no negative prompts; "prompt_grammar": "dreamreel" reads it'
WEIGHT = 'the original has no weights; "prompt_grammar": "dreamreel" reads it'
SHARE = 'such weights are the notebook\'s; "prompt_grammar": "notebook" reads it'


@pytest.mark.parametrize(
    ("text", "shown", "reason"),
    [
        ("a fox --neg blurry", "--neg blurry", NEGATIVE),
        ("a fox —neg blurry", "—neg blurry", NEGATIVE),
        ("a fox\nNegative prompt: bad", "Negative prompt: bad", "write what is not wanted behind --neg"),
        ("(sharp:1.3) a fox", "(sharp:1.3)", WEIGHT),
        ("((masterpiece)), a fox", "((masterpiece))", WEIGHT),
        ("fox:0.75 cat:-0.25", "fox:0.75", SHARE),
        ("fox::2 cat::-1", "fox::2", SHARE),
        ("a fox <hypernet:detail:0.7>", "<hypernet:detail:0.7>", "hypernetworks are not supported"),
        ("a fox <lora:detail:0.7", "<lora:detail:0.7", "a LoRA is written <lora:name:0.8>"),
        ("a fox AND a cat", "AND", 'the original does not combine prompts; "prompt_grammar": "dreamreel" reads it'),
        ("a fox --ar 16:9", "--ar 16:9", "there are no options in prompts"),
        ("a __colour__ fox", "__colour__", "there are no wildcards"),
        (
            "a fox `where(t>3)`",
            "`where(t>3)`",
            'the original has no formulas in prompts; "prompt_grammar": "dreamreel" reads it',
        ),
        ("fox\nSteps: 20, Sampler: LMS", "Steps: 20, Sampler: LMS", "it is the record of a picture, not a prompt"),
    ],
)
def test_other_programs_commands_are_named(text, shown, reason):
    assert notes_of(text) == [f'"{shown}" at column {text.index(shown) + 1} is read as words: {reason}']


def test_commands_inside_json_prompts_are_named_at_their_place_in_the_text():
    text = '{"0": "a fox", "30": "a cat --neg blurry"}'
    assert notes_of(text)[1] == (f'"--neg blurry" at column {text.index("--neg") + 1} is read as words: {NEGATIVE}')


@pytest.mark.parametrize(
    ("text", "way_out"),
    [
        ('"0: a fox | 30: a cat"', "write it without quotes"),
        ("frame 0: a | frame 30: b", "write 0)"),
        ("0: a [b|c] | 30: d", 'a "|" begins another prompt, also in brackets'),
        ("0: a fox | 30：a cat", '"：" (fullwidth colon) stands where ":" is meant'),
    ],
)
def test_a_part_without_a_frame_number_says_what_to_write(text, way_out):
    with pytest.raises(Exception, match="animation_prompts: ") as caught:
        notes_of(text)
    assert way_out in str(caught.value)


@pytest.mark.parametrize(
    "unit",
    ["{", "(:", "[(", "`", "a:", "1:", "1", "\n1: ", "--neg ", "<lora:", "((", "_", '{"0":"\\', "Steps: 1, ", "a:1"],
)
def test_a_hostile_prompt_is_read_in_a_fraction_of_a_second(unit):
    text = unit * (262_000 // len(unit))
    started = time.process_time()
    parse_prompts(text, 1000, "animation_prompts")
    assert time.process_time() - started < 0.5  # 0.07 s at most, measured
