"""JSON as it comes in."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamreel.api.http import bodies
from dreamreel.api.http.bodies import DEEPEST, LONGEST_TEXT, MOST_BESIDE, MOST_VALUES, check_size, parse_json
from dreamreel.api.http.problems import Problem

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(JSON)
def test_what_is_json_is_read(document):
    assert parse_json(json.dumps(document).encode()) == document


@given(JSON, st.integers(2, 9))
def test_a_long_text_is_read_as_a_short_one_wherever_its_pieces_end(document, piece):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bodies, "PIECE", piece)
        assert parse_json(json.dumps(document).encode()) == document
        assert parse_json(json.dumps(document, ensure_ascii=False)) == document


@given(st.lists(st.text('\\"[a', max_size=8), max_size=6), st.integers(2, 9))
def test_brackets_count_where_they_stand_outside_texts_and_nowhere_else(texts, piece):
    body = json.dumps([texts]).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bodies, "PIECE", piece)
        check_size(body, deepest=2, most=2 + max(len(texts), 1) * 2)
        with pytest.raises(Problem, match="deeply"):
            check_size(body, deepest=1)


@given(st.binary(max_size=80))
def test_what_was_read_can_be_answered_again_and_all_else_is_a_400(body):
    try:
        document = parse_json(body)
    except Problem as problem:
        document = {"status": problem.status}
        expected = {"status": 400}
    else:
        expected = document
    assert json.dumps(document, ensure_ascii=False).encode()
    assert document == expected


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"NaN",
        b"[-Infinity]",
        b'{"input": {"zoom": [-1e999]}}',
        b'"\\ud800"',
        b'{"\\uDBFF": 1}',
        b"\xff\xfe{}",
        b'"\xed\xa0\x80"',
        b"1" * 5000,
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1),
        b"[" * 990 + b"]" * 990,
    ],
)
def test_what_cannot_be_kept_is_refused(body):
    with pytest.raises(Problem) as raised:
        parse_json(body)
    assert raised.value.status == 400


def test_a_whole_surrogate_pair_is_one_character():
    assert parse_json(b'"\\ud83d\\ude00"') == "\N{GRINNING FACE}"


def test_many_small_lists_are_not_deep():
    assert len(parse_json(b"[" + b"[]," * 999 + b"[]]")) == 1000


MEGABYTE = 1024 * 1024
LARGE = {
    "lists": (b'{"input":{"z":[' + b"[]," * (MEGABYTE // 3) + b"[]]}}", 413),
    "members": (json.dumps({f"k{number}": 0 for number in range(70_000)}).encode(), 413),
    "strings": (b"[" + b'"",' * (MEGABYTE // 3) + b'""]', 413),
    "strings of a backslash": (b"[" + b'"\\\\",' * (MEGABYTE // 5) + b'""]', 413),
    "values": (b"[" + b"1," * MOST_VALUES + b"1]", 413),
    "a string that never ends": (b'"' + b'\\"' * (MEGABYTE // 2), 400),
    "strings, and one that never ends": (b'["",' * 90 + b'"",' * 9000 + b'"' + b'\\"' * (MEGABYTE // 2), 400),
    "brackets": (b"[" * MEGABYTE, 400),
    "blanks": (b"[" + b" " * MOST_BESIDE + b"]", 413),
    "a text": (b'"' + b"x" * (LONGEST_TEXT + 1) + b'"', 413),
    "a text of escapes": (b'"' + b'\\"' * (LONGEST_TEXT // 2) + b'x"', 413),
    "a million digits": (b"1" * MEGABYTE, 400),
    "a million decimals": (b"0." + b"1" * MEGABYTE, 400),
    "a million digits of an exponent": (b"1e-" + b"1" * MEGABYTE, 400),
}


@pytest.mark.parametrize(("body", "status"), LARGE.values(), ids=LARGE)
def test_a_hostile_megabyte_is_refused_in_milliseconds(body, status):
    started = time.process_time()
    with pytest.raises(Problem) as raised:
        parse_json(body)
    assert raised.value.status == status
    assert time.process_time() - started < 0.15


@pytest.mark.parametrize(
    "document",
    [
        {"input": {"animation_prompts": '0: "a", {b} [c]: d | ' * 40_000}},
        {"input": {"zoom": ", ".join(f"{frame}: (1.04)" for frame in range(10_000)), "angle": "0: (0)," * 60_000}},
        {"input": {"curve": [number / 7 for number in range(9_000)]}},
        ["[" * 100_000, "\\" * 100_000, '"' * 100_000, "é" * 100_000, "\n" * 100_000],
        [1] * (MOST_VALUES - 1),
        {"input": {"animation_prompts": "\N{GRINNING FACE}" * (256 * 1024)}},
    ],
    ids=["prompts", "keys", "an array", "marks in strings", "values", "the longest text, all emoji"],
)
def test_what_stands_in_strings_is_not_counted(document):
    assert parse_json(json.dumps(document).encode()) == document
    assert parse_json(json.dumps(document, ensure_ascii=False)) == document
