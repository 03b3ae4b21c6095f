"""Deforum's JSON prompts as people paste them."""

import pytest

from dreamreel.errors import ScheduleError
from dreamreel.schedule.prompts import locate_prompts, parse_prompts

FOX_AND_CAT = {0: "a fox", 30: "a cat"}


def read(text, num_frames=60, **options):
    prompts, notes = parse_prompts(text, num_frames, "animation_prompts", **options)
    return prompts, [note.message for note in notes]


@pytest.mark.parametrize(
    "text",
    [
        '{"0": "a fox", "30": "a cat"}',
        '{"0": "a fox", "30": "a cat",}',
        "{0: \"a fox\", 30: 'a cat'}",
        "{“0”: “a fox”, “30”: “a cat”}",
        'animation_prompts = {\r\n    0: "a fox",  # first\r\n    30: "a cat",  # second\r\n}\r\n',
        '"prompts": {"0": "a fox", "30": "a cat"},',
        '"0": "a fox",\n"30": "a cat"',
        '{"0":"a fox","max_f/2+1":"a cat"}',
    ],
)
def test_an_object_of_prompts_is_read_as_one_however_it_was_pasted(text):
    prompts, notes = read(text)
    assert (prompts, notes) == (FOX_AND_CAT, ['read as Deforum\'s JSON prompts, "0: a fox | 30: a cat"'])
    assert [(span.frame, text[span.start : span.stop]) for span in locate_prompts(text, 60)] == [*FOX_AND_CAT.items()]


def test_escapes_and_bars_belong_to_the_words():
    prompts, _ = read(r'{"0": "say \"hi\"", "30": "caf\u00e9 | bar", "40": "\ud83e\udd8a"}')
    assert prompts == {0: 'say "hi"', 30: "café | bar", 40: "🦊"}


def test_keys_outside_the_film_and_keys_that_come_twice_are_noted():
    prompts, notes = read('{"0": "a", "0": "b", "60": "c"}')
    assert prompts == {0: "b"}
    assert notes[1:] == [
        "frame 0 comes twice; the one at column 12 counts",
        "the prompt at frame 60 is never shown: the last frame is 59",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"60": "a"}', "no prompt is at a frame from 0 to 59"),
        ('{"0": "a", "max_g": "b"}', '"max_g" is unknown; write max_f'),
    ],
)
def test_what_can_only_fail_is_refused(text, words):
    with pytest.raises(ScheduleError, match=words):
        read(text)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ('{"0": "a fox" "30": "a cat"}', 15),
        ('{"0": ["a fox"]}', 7),
        ('["a fox", "a cat"]', 1),
        ('[{"frame": 0, "prompt": "a fox"}]', 1),
    ],
)
def test_json_that_cannot_be_read_is_one_prompt_with_a_warning_that_says_where(text, column):
    prompts, notes = read(text)
    assert prompts == {0: text}
    assert len(notes) == 1
    assert f"cannot be read as such at column {column} " in notes[0]
    assert notes[0].endswith('write "0: a fox | 30: a cat"')


@pytest.mark.parametrize("text", ["{a fox}", "{fox: 30}", "a {fox", "[a fox]"])
def test_words_in_braces_are_words(text):
    prompts, notes = read(text)
    assert prompts == {0: text}
    assert not any("JSON" in note for note in notes)


def test_the_originals_reading_can_be_asked_for():
    text = '{"0": "a fox", "30": "a cat"}'
    assert read(text, as_json=False)[0] == {0: text}
    assert [span.frame for span in locate_prompts(text, 60, as_json=False)] == [0]
