"""What the text encoder would read as words is named, and what was meant as words is left alone."""

import time

import pytest

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
        "a fox, 1234: words",  # no such frame
        "a fox (black), f/1.8, ISO:100, https://example.com",
        "A FOX AND A CAT",
        "a fox - a cat – a bird",
    ],
)
def test_what_is_meant_as_words_is_left_alone(text):
    assert notes_of(text) == []


def test_frames_that_are_called_so_are_named_too():
    found = notes_of("frame 0: a fox\nFrame 30: a cat")
    assert [message.partition(" is read")[0] for message in found] == [
        '"0: a fox" at column 7',
        '"30: a cat" at column 22',
    ]


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
