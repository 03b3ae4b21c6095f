"""What the schedules of each profile may say. The family's own numbers: tests/parity/golden2."""

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamreel.errors import ScheduleError
from dreamreel.schedule.bounds import MAX_CHARACTERS
from dreamreel.schedule.readings import READINGS
from dreamreel.schedule.schedules import Grammar, locate_schedule, parse_schedule, parse_texts

NUM_FRAMES = 10


def grammar(profile, interp="linear"):
    reading = READINGS[profile]
    return Grammar(NUM_FRAMES, 7, True, reading.past_end, reading, interp)


def values(text, profile, interp="linear"):
    return parse_schedule(text, "zoom", grammar(profile, interp))[0].tolist()


def refusal(text, profile, parse=parse_schedule):
    with pytest.raises(ScheduleError) as caught:
        parse(text, "zoom", grammar(profile))
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("0: 1.5, 9: 3", 3.0),
        ("0: (1) | 9: (2)", 2.0),
        ("0: (1); max_f: where(t>5, 4, 5)", 4.0),
        ('"0": "1", "max_f/3*3": (7)', 7.0),
        ("0: (1) 9: (2)", 2.0),
        ("0: ((1)+(2))", 3.0),
        ("0: clip(t, 2, 5)", 5.0),
        ("0: round(pi)", 3.0),
        ("0:(1)\n9:(6)", 6.0),
    ],
)
def test_the_superset_reads_what_any_of_the_family_writes(text, last):
    if text.startswith('"0": "1"'):
        assert "is not a number" in refusal(text, "dreamreel")
    else:
        assert values(text, "dreamreel")[-1] == last


def test_a_superset_schedule_without_a_key_at_frame_0_holds_its_first_value_before_it():
    assert values("5: (2)", "dreamreel") == [2.0] * NUM_FRAMES


@pytest.mark.parametrize(
    ("profile", "text", "sentence"),
    [
        ("a1111", "0:(where(t>5,1,2))", "profile dreamreel takes commas inside brackets"),
        ("a1111", "0:(1),", "remove the comma"),
        ("a1111", "2.7:(1)", 'the key "2.7" at column 1 is no whole number; write 2'),
        ("a1111", "5:(1)", 'has no key at frame 0, which this profile needs; write "0:(...)" before frame 5'),
        ("a1111", "0:(pi)", '"pi" is unknown'),
        ("a1111", "0:(1<t<5)", "write (1<t) & (t<5)"),
        ("notebook", "0:(max_f)", '"max_f" is unknown'),
        ("notebook", "0:( t )", "a blank stands before it"),
        ("notebook", "abc", 'write for example "0:(1.0), 30:(1.1)"'),
    ],
)
def test_what_crashed_the_family_is_one_sentence_with_the_way_out(profile, text, sentence):
    assert sentence in refusal(text, profile)


def test_names_are_held_until_the_next_key_and_a_number_is_none_where_the_family_failed():
    text = '0: ("Euler a"), 4: (DDIM)'
    for profile in ("a1111", "notebook", "dreamreel"):
        assert parse_texts(text, "sampler_schedule", grammar(profile))[0] == ["Euler a"] * 4 + ["DDIM"] * 6
    assert "is a number, where a name is meant" in refusal("0:(5)", "a1111", parse_texts)


def test_a_number_among_names_repeats_the_name_before_it_in_the_extension_and_is_said():
    text = '0: ("Euler a"), 4: (5)'
    found, notes = parse_texts(text, "sampler_schedule", grammar("a1111"))
    assert found == ["Euler a"] * 10
    assert [(note.message, note.ignored) for note in notes] == [
        ('"(5)" at column 20 is a number, where a name is meant: "Euler a" goes on', True)
    ]
    assert "is a number, where a name is meant" in refusal(text, "notebook", parse_texts)


def test_brackets_commas_and_colons_inside_quotes_belong_to_a_name_of_the_superset():
    text = '0: "C:/a(b),c.ckpt", max_f: ("x|y")'
    assert parse_texts(text, "f", grammar("dreamreel"))[0] == ["C:/a(b),c.ckpt"] * 9 + ["x|y"]


@pytest.mark.parametrize("profile", READINGS)
def test_each_keyframe_stands_where_its_place_says(profile):
    text = "0:(1.5), 4:(2.5)"
    spans = locate_schedule(text, "zoom", grammar(profile))
    assert [text[span.start : span.colon] for span in spans] == ["0", "4"]
    for span in spans:
        column = span.keyframe.column - 1
        assert text[column : column + len(span.keyframe.text)] == span.keyframe.text


PIECES = st.sampled_from(
    [*"0123456789:(),;|.+-*/%<>=&~\"' \n\\[]{}t", "max_f", "where(", "0:(1)", "sin(", "٣", "（", "\x00"]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join), st.sampled_from(sorted(READINGS)))
def test_any_text_is_a_value_for_each_frame_or_one_sentence(text, profile):
    for parse in (parse_schedule, parse_texts):
        found, sentence = [], ""
        try:
            found, _ = parse(text, "zoom", grammar(profile))
        except ScheduleError as error:
            sentence = str(error)
        assert len(found) == NUM_FRAMES or sentence
        assert "\n" not in sentence


@pytest.mark.parametrize("profile", READINGS)
@pytest.mark.parametrize(
    "piece", ["0:(", "0:(1),", "0:(t),", ")", ",", ":", '"', "0:", "1", "(", "9:(1)|", "max_f:(", "1:(1) "]
)
def test_a_quarter_of_a_mebibyte_of_anything_takes_less_than_a_second(profile, piece):
    text = (piece * MAX_CHARACTERS)[:MAX_CHARACTERS]
    for parse in (parse_schedule, parse_texts):
        started = time.process_time()
        with suppress(ScheduleError):
            parse(text, "zoom", grammar(profile))
        assert time.process_time() - started < 1


@pytest.mark.parametrize("profile", ["a1111", "notebook"])
@pytest.mark.parametrize("text", ["5:(2)", "0:(pi)", "0:(t & 1)", "0:(max(t, 3))", "0:(1); 5:(2)"])
def test_what_one_profile_cannot_read_is_refused_with_the_profile_that_can(text, profile):
    assert "profile dreamreel" in refusal(text, profile)
    assert values(text, "dreamreel")
    assert "dreamreel" not in refusal("0:(t^2)", profile)  # which no profile reads


def test_a_name_that_is_missing_at_frame_0_is_refused_with_the_profile_that_holds_it_back():
    for profile in ("a1111", "notebook"):
        assert refusal('3:("DDIM")', profile, parse_texts).endswith("; profile dreamreel reads it")
    assert parse_texts('3:("DDIM")', "zoom", grammar("dreamreel"))[0] == ["DDIM"] * NUM_FRAMES
