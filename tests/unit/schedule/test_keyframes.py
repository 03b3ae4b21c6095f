import contextlib
import re
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.keyframes import parse_keyframes

from dreamreel.errors import ScheduleError

ORIGINAL = re.compile(r"((?P<frame>[0-9]+):[\s]*[\(](?P<param>[\S\s]*?)[\)])")


def original(text):
    """The original's own way, quadratic on hostile text."""
    return [(int(m["frame"]), m["param"]) for m in ORIGINAL.finditer(text)]


@given(st.text(alphabet="0123456789:() ,.|-+tx\n²٣", max_size=60))
def test_the_scan_finds_what_the_originals_regular_expression_finds(text):
    try:
        keyframes, _ = parse_keyframes(text, "zoom")
    except ScheduleError:
        assert original(text) == []
    else:
        assert [(keyframe.frame, keyframe.text) for keyframe in keyframes] == original(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", 'zoom: Key Frame string not correctly formatted (empty); write for example "0: (1.0)"'),
        ("0: (1.04", 'expected ")" at column 9 of "0: (1.04"'),
        ("0: 1.04", 'expected "(" at column 4 of "0: 1.04"; write 0: (1.04)'),
        ("0: (1.04]", 'at column 9 "]" stands where ")" is meant: brackets are round'),
        ('"0: 1.04"', 'expected "(" at column 5 of ""0: 1.04""; write 0: (1.04)'),
        ("\u201c0\u201d: (1.04)", "a frame number takes no quotes; write 0:"),
        ("0 : (1)", 'no blank may stand before ":" at column 3'),
        ("1.04", 'expected ":" at column 2 of "1.04"'),
        ("zoom in", 'no "frame: (value)" in "zoom in"'),
        ("1" * 5000 + ": (1)", "has 5000 digits; 18 are the most"),
    ],
)
def test_a_text_without_keyframes_is_refused_with_what_is_missing_and_where(text, sentence):
    with pytest.raises(ScheduleError, match=re.escape(sentence)):
        parse_keyframes(text, "zoom")


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("0: (1), 50: (2)", []),
        ("0:(1)5:(2)", ["no comma stands before the keyframe at column 6; the A1111 extension and the notebook need"]),
        ("0:(1) 5:(2) 9:(3)", ["no comma stands before the keyframe at column 7"]),
        ("0:(1);5:(2) | 9:(3)\n", []),
        ("0: (1), 50 (2)", ['"50 (2)" at the end is ignored: expected ":" at column 11 of "0: (1), 50 (2)"']),
        ("0: (1.04), 50: (1.1", ['"50: (1.1" at the end is ignored: expected ")" at column 20']),
        ("-5:(3)", ['"-5" at column 1 is read as frame 5']),
        ("0.5:(3)", ['"0.5" at column 1 is read as frame 5']),
        ("0:(1) junk 5:(2)", ['"junk" at column 7 is ignored']),
        (
            "0.0: (1.02), 30.5: (1.1)",
            ["as frame 0, as the original reads it: a frame is a whole number", "as frame 5,"],
        ),
        ("0:(1), max_f/2:(1.1)", ['"max_f/2" at column 8 is read as frame 2: formulas need "math": true']),
        ("0:(1), max_f-1:(1.1)", ['"max_f-1" at column 8 is read as frame 1: formulas need "math": true']),
        (
            "0:(1), max_f:(2)",
            ['"max_f:(2)" at the end is ignored: a key is a frame number; formulas need "math": true'],
        ),
        ("0:(1), (max_f/2):(2)", ['"(max_f/2):(2)" at the end is ignored: a key is a frame number; formulas need']),
        ('0:(1), "max_f-1":(2)', ["is ignored: a key is a frame number; formulas need"]),
        ('0:(1), "30":(2)', ["is ignored: a frame number takes no quotes; write 30:"]),
        (
            "0:(1), 10: [2]",
            ['is ignored: at column 12 "[" stands where "(" is meant: brackets are round; write 10: (2)'],
        ),
        ("0: {1}, 10: (2)", ['"0: {1}" at column 1 is ignored: at column 4 "{" stands where "(" is meant']),
        ("0:(1), 0:(2)", ["frame 0 comes twice; the one at column 8 counts"]),
    ],
)
def test_what_the_original_drops_in_silence_is_named(text, notes):
    found = [note.message for note in parse_keyframes(text, "zoom")[1]]
    assert len(found) == len(notes)
    for message, expected in zip(found, notes, strict=True):
        assert expected in message


@pytest.mark.parametrize("balanced", [False, True])
@pytest.mark.parametrize(
    "text", ["0: [1.04]", "0:{ 1.04 }", "0: <1.04>", "0: [1.04)", "  0: [1.04], 20: [1.1]", "0: \uff3b1.04\uff3d"]
)
def test_brackets_of_another_kind_are_named_at_their_column_with_what_to_write(text, balanced):
    with pytest.raises(ScheduleError, match=re.escape("brackets are round; write 0: (1.04)")) as error:
        parse_keyframes(text, "zoom", balanced)
    assert error.value.column == 1 + re.search(r"[\[{<\uff3b]", text).start()


@pytest.mark.parametrize("quotes", ["\u201c\u201d", "\u201e\u201c", "\u2018\u2019", "\u00ab\u00bb", '""', "''"])
@pytest.mark.parametrize("text", ["0: (1.04)", " 0: (1.04), 20: (1.1) "])
def test_quotes_around_a_schedule_are_one_note_and_change_nothing(text, quotes):
    keyframes, notes = parse_keyframes(quotes[0] + text + quotes[1], "zoom")
    assert [keyframe.text for keyframe in keyframes] == re.findall(r"\((.*?)\)", text)
    (note,) = notes
    places = f"{quotes[0]} at column 1 and {quotes[1]} at column {len(text) + 2}"
    assert (note.message, note.column) == (f"the quotes around the text are ignored ({places})", 1)


def test_a_formula_in_balanced_brackets_ends_at_its_own_bracket():
    keyframes, _ = parse_keyframes("0: (1+max(t,(2))), 5: (2)", "zoom", balanced=True)
    assert [keyframe.text for keyframe in keyframes] == ["1+max(t,(2))", "2"]


MEGABYTE = 1_000_000


@pytest.mark.parametrize("balanced", [False, True])
@pytest.mark.parametrize(
    "piece",
    ["0:(", "1", "0:", ":", "(", ")", "0:(1)", "0:(1),", "0: ", "٣", "0:(t", "-", "9:((", " ", "0:\n(", "5:(x) junk"],
)
def test_a_megabyte_of_anything_is_parsed_in_one_pass(piece, balanced):
    """A quadratic scan would take hours: it is stopped after 20 of the processor's seconds, one pass takes a few."""
    previous = signal.signal(signal.SIGVTALRM, lambda *_: pytest.fail("not linear"))
    signal.setitimer(signal.ITIMER_VIRTUAL, 20)
    try:
        with contextlib.suppress(ScheduleError):
            parse_keyframes(piece * (MEGABYTE // len(piece)), "zoom", balanced)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)
