"""Keyframes between separators: `0: 1.04, max_f/2: (1 + 0.1*sin(t)); "30": "Euler a"`, with or without brackets."""

import re
from collections.abc import Mapping

from dreamreel.schedule.bounds import check_length, refuse_more
from dreamreel.schedule.characters import plain
from dreamreel.schedule.keyframes import Keyframe, Span
from dreamreel.schedule.keys import FormulaKeys

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_MARKS, _BRACKETS = re.compile("[\"'()\\[\\]{},;|\n:]"), re.compile("[()]")


def read_separated(text: str, field: str, names: Mapping[str, float]) -> list[Span] | None:
    """The keyframes of a text that is nothing but keyframes; None for another text.

    They are separated by `,`, `;`, `|` or a line's end outside of brackets and quotes; the first colon ends a key.
    """
    check_length(text, field)
    readable = plain(text)
    pieces = _pieces(readable)
    refuse_more(len(pieces), field, "keys")
    found = [(start, colon, stop) for start, colon, stop in pieces if readable[start:stop].strip()]
    if not found or any(colon < 0 for _, colon, _ in found):
        return None
    formulas = FormulaKeys(field, names)
    return [_span(text, readable, *place, formulas) for place in found]


def _pieces(text: str) -> list[tuple[int, int, int]]:
    """(start, first colon or -1, stop) of what stands between separators."""
    found: list[tuple[int, int, int]] = []
    start, colon, quote, open_brackets = 0, -1, "", 0
    for mark in _MARKS.finditer(text):
        place, character = mark.start(), mark[0]
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in _CLOSING:
            open_brackets += 1
        elif character in ")]}":
            open_brackets = max(open_brackets - 1, 0)
        elif open_brackets == 0 and character in ",;|\n":
            found.append((start, colon, place))
            start, colon = place + 1, -1
        elif open_brackets == 0 and character == ":":
            # A second colon: two keyframes without a separator, which are the original's grammar.
            colon = place if colon < 0 else -2
            if colon == -2:
                return [(0, -1, len(text))]
    return [*found, (start, colon, len(text))]


def _span(text: str, readable: str, start: int, colon: int, stop: int, formulas: FormulaKeys) -> Span:
    first = start + len(readable[start:colon]) - len(readable[start:colon].lstrip())
    key = readable[first:colon].strip()
    frame = int(key) if key.isascii() and key.isdecimal() and len(key) <= 18 else None
    frame = formulas.quoted_frame(readable[first:colon], first + 1) if frame is None else frame
    value = text[colon + 1 : stop]
    begin = colon + 1 + len(value) - len(value.lstrip())
    end = stop - (len(value) - len(value.rstrip()))
    last = end
    if _is_bracketed(readable, begin, end):
        begin, end = begin + 1, end - 1
    return Span(first, colon, last, Keyframe(frame, text[begin:end], begin + 1))


def _is_bracketed(text: str, begin: int, end: int) -> bool:
    """Whether one pair of brackets is around all of text[begin:end]."""
    if text[begin : begin + 1] != "(" or text[end - 1 : end] != ")":
        return False
    depth = 0
    for bracket in _BRACKETS.finditer(text, begin, end):
        depth += 1 if bracket[0] == "(" else -1
        if depth == 0:
            return bracket.start() == end - 1
    return False
