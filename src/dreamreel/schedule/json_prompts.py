"""`{"0": "a fox", "30": "a cat"}`: prompts as Deforum's notebooks and settings files have them.

Read as people paste them: JSON, a Python dictionary with numbers as keys, with the name and `=` before it or without
braces, with typographic quotes, comments and a comma after the last.
"""

import re
from dataclasses import dataclass

from dreamreel.schedule.characters import plain

_NAME = r"\s{0,20}(?:\"?\w{1,40}\"?\s{0,20}[=:]\s{0,20})?"
# A brace and a frame number, or a frame number in quotes.
_LOOKS = re.compile(
    _NAME
    + r"(?:\{\s*(?=[\"']?\s{0,20}(?:[0-9]|max_f)[^\"'\n:]{0,60}[\"']?\s{0,20}:)|(?=\"[0-9]{1,20}\"\s{0,20}:\s{0,20}\"))"
)
# Prompts in another shape, which is not read.
_OTHER = re.compile(r"\s{0,20}(?:\[\s{0,20}[\"'{]|\{\s{0,20}[\"'{])")
_BLANK = re.compile(r"(?:\s+|#[^\n]*|//[^\n]*)*+")
_TEXT = re.compile(r"\"([^\"\\]*+(?:\\.[^\"\\]*+)*+)\"|'([^'\\]*+(?:\\.[^'\\]*+)*+)'", re.DOTALL)
_KEY = re.compile(r"[\w+\-*/(). ]{1,60}(?=:)")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


@dataclass(frozen=True)
class Member:
    """One prompt. key: as written, without quotes; column: of it, from 1. text: what the quotes hold, which stands
    from start to before stop, counted from 0."""

    key: str
    column: int
    text: str
    start: int
    stop: int


def looks_like_json(text: str) -> bool:
    """Whether text is meant as an object of prompts by frame number."""
    return any(pattern.match(each) for pattern in (_LOOKS, _OTHER) for each in {text, plain(text[:1000])})


def read_json_prompts(text: str) -> tuple[list[Member], int]:
    """The members in the order written, and 0, or none and the column from 1 of what cannot be read.

    text: one that looks_like_json().
    """
    members, place = _read(text, text)
    if not members and (shown := plain(text)) != text:
        members, place = _read(shown, text)
    return members, place


def _read(text: str, written: str) -> tuple[list[Member], int]:
    """text: written, or the plain characters of it, in which places are the same."""
    begin = _LOOKS.match(text)
    if begin is None:
        return [], 1
    place, end = begin.end(), len(text.rstrip(" \t\r\n,;}"))
    members: list[Member] = []
    while True:
        place = _blanks(text, place)
        if members and place >= end:
            return members, 0
        if (key := _TEXT.match(text, place) or _KEY.match(text, place)) is None:
            return [], place + 1
        colon = _blanks(text, key.end())
        if text[colon : colon + 1] != ":":
            return [], colon + 1
        begin_value = _blanks(text, colon + 1)
        if (value := _TEXT.match(text, begin_value)) is None:
            return [], begin_value + 1
        inside = 1 if value.group(1) is not None else 2
        start, stop = value.span(inside)
        name = next((group for group in key.groups() if group is not None), key.group())
        members.append(Member(name.strip(), place + 1, _unescaped(written[start:stop]), start, stop))
        place = _blanks(text, value.end())
        if text[place : place + 1] == ",":
            place += 1
        elif text[place : place + 1] not in ("}", ""):
            return [], place + 1


def _blanks(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return found.end() if found else place


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    whole = _ESCAPE.sub(lambda found: _character(found[1]), text)
    # Pairs of \ud83e\udd8a are one character, as in JSON.
    return whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _character(code: str) -> str:
    return chr(int(code[1:], 16)) if len(code) == 5 else _ESCAPED.get(code, code)
