"""JSON as it comes in."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamreel.api.bodies import DEEPEST, parse_json
from dreamreel.api.problems import Problem

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(JSON)
def test_what_is_json_is_read(document):
    assert parse_json(json.dumps(document).encode()) == document


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
