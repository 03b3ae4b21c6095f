"""A box of prompts -> which is shown from which frame on: `0: a | 60: b`, a line for each, JSON, or one for all frames.

A superset of what the original reads (schedule/prompts.py): a `|` inside brackets belongs to its prompt, keys may be
formulas, and the leading `0:` of a single prompt is its frame.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dreamreel.errors import ScheduleError
from dreamreel.schedule.bounds import check_length, first_notes, refuse_more
from dreamreel.schedule.json_prompts import looks_like_json, read_json_prompts
from dreamreel.schedule.keys import FormulaKeys
from dreamreel.schedule.notes import Note, quote
from dreamreel.schedule.prompt_notes import label_meant, note_on_labels

EXAMPLE = 'write "0: a fox | 60: a cat"'
# Digits, or a formula: in quotes, of max_f, or of nothing but numbers. 16:9 is no key.
_KEY = re.compile(
    r"\s*(?:\"([^\"\n:]{1,60})\"|'([^'\n:]{1,60})'|((?=[^:\n]{0,60}(?:[0-9]|max_f))"
    r"(?:max_f|[0-9+\-*/(). \t]){1,60}))[ \t]*:(?!\d)"
)
_LIST = re.compile(r"\s*\[\s*\"")
_ANY_KEY = re.compile(r"\s*([\"']?)([^:\n]{1,200}?)\1\s*:")
_SIGN = re.compile(r"\\.|[`()\[\]|\n]", re.DOTALL)


@dataclass(frozen=True)
class Placed:
    """A prompt and its first frame. column: of its key, from 1. start, stop: of its words, from 0."""

    frame: int
    text: str
    column: int
    start: int
    stop: int


def read_box(
    text: str, num_frames: int, field: str, names: Mapping[str, float] | None
) -> tuple[list[Placed], list[Note]]:
    """The prompts by frame, at least one, no two at one frame, and notes on what is never shown.

    names: what keys may use as formulas, such as max_f; None: a key is digits. Raises ScheduleError.
    """
    check_length(text, field)
    is_json = looks_like_json(text)
    found = list(_listed(text, field) or (_members(text, field) if is_json else _entries(text, field)))
    refuse_more(len(found), field, "prompts")
    formulas = None if names is None else FormulaKeys(field, names)
    placed: dict[int, Placed] = {}
    notes = [note] if len(found) == 1 and not is_json and (note := note_on_labels(text, field)) else []
    for key, column, words, start, stop in found:
        frame = _frame(key, column, field, formulas)
        if frame in placed:
            if not is_json:
                raise ScheduleError(
                    field, f"Duplicate prompts for frame_num {frame}. The second is at column {column}", column
                )
            notes.append(
                Note(field, f"frame {frame} comes twice; the one at column {column} counts", column, ignored=True)
            )
        placed[frame] = Placed(frame, words, column, start, stop)
    in_order = [placed[frame] for frame in sorted(placed)]
    shown = [each for each in in_order if each.frame >= 0]
    if not shown:
        raise ScheduleError(field, f"every frame number is before frame 0; {EXAMPLE}", in_order[0].column)
    hidden = [each for each in in_order if each.frame < 0] + [each for each in shown[1:] if each.frame >= num_frames]
    messages = (
        Note(
            field,
            f"the prompt at frame {each.frame} is never shown: frames are 0 to {num_frames - 1}",
            each.column,
            True,
        )
        for each in hidden
    )
    return shown, [*notes, *first_notes(messages, field)]


_Entry = tuple[str, int, str, int, int]


def _listed(text: str, field: str) -> list[_Entry]:
    """The members of a JSON list of prompts, one a frame, as the notebook takes them; none if text is no list."""
    if text.strip() in ("{}", "[]"):
        return [("0", 1, "", 0, 0)]
    if not _LIST.match(text):
        return []
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        members = [None]
    if not all(isinstance(each, str) for each in members):
        raise ScheduleError(field, f"looks like a JSON list of prompts, but cannot be read as one; {EXAMPLE}", 1)
    return [(str(number), 1, words, 0, len(text)) for number, words in enumerate(members)]


def _members(text: str, field: str) -> Iterator[_Entry]:
    members, column = read_json_prompts(text)
    if not members:
        shown = quote(text[column - 1 : column + 29])
        raise ScheduleError(
            field,
            f"looks like JSON prompts, but cannot be read as such at column {column} ({shown}); {EXAMPLE}",
            column,
        )
    for each in members:
        yield each.key, each.column, each.text, each.start, each.stop


def _entries(text: str, field: str) -> Iterator[_Entry]:
    bars, lines = _separators(text)
    if not bars:
        keyed = [place for place in lines if _KEY.match(text, place)]
        first = _KEY.match(text)
        if first is None:
            if keyed and text[: keyed[0]].strip():
                raise ScheduleError(field, f"the first line has no frame number; {EXAMPLE}", 1)
            if not keyed:
                yield "0", 1, *_words(text, 0, len(text))
                return
        starts = [0] if first else []
        places = [*starts, *keyed]
        for place, stop in zip(places, [*places[1:], len(text)], strict=True):
            key = _KEY.match(text, place)
            assert key is not None
            yield _named(key), _column(text, place), *_words(text, key.end(), stop)
        return
    begin = 0
    for number, stop in enumerate([*bars, len(text)], start=1):
        yield _part(text, begin, stop, number, field)
        begin = stop + 1


def _part(text: str, begin: int, stop: int, number: int, field: str) -> _Entry:
    column = _column(text, begin)
    key = _ANY_KEY.match(text, begin, stop)
    if key is None:
        shown = quote(text[begin:stop].strip())
        raise ScheduleError(
            field, f"part {number} at column {column} ({shown}) has no frame number before a colon; {EXAMPLE}", column
        )
    return key[2].strip(), column, *_words(text, key.end(), stop)


def _named(key: re.Match[str]) -> str:
    return next(group for group in key.groups() if group is not None).strip()


def _column(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place + 1


def _words(text: str, start: int, stop: int) -> tuple[str, int, int]:
    words = text[start:stop]
    start += len(words) - len(words.lstrip())
    return words.strip(), start, start + len(words.strip())


def _separators(text: str) -> tuple[list[int], list[int]]:
    """Where `|` stands that is in no pair of brackets or back-ticks, and where lines begin."""
    bars: list[int] = []
    lines: list[int] = []
    opened: list[int] = []
    inside: list[tuple[int, int]] = []
    tick = -1
    for found in _SIGN.finditer(text):
        place, sign = found.start(), found[0]
        if sign == "`":
            if tick >= 0:
                inside.append((tick, place))
            tick = -1 if tick >= 0 else place
        elif sign == "\n":
            lines.append(place + 1)
        elif sign in "([":
            opened.append(place)
        elif sign in ")]":
            if opened and text[opened[-1]] == ("(" if sign == ")" else "["):
                inside.append((opened.pop(), place))
        elif sign == "|":
            bars.append(place)
    return _outside(bars, inside), lines


def _outside(places: list[int], pairs: list[tuple[int, int]]) -> list[int]:
    """Those of places that are in none of the pairs. Both may be long."""
    ends = sorted(pairs)
    found, furthest, number = [], -1, 0
    for place in places:
        while number < len(ends) and ends[number][0] < place:
            furthest = max(furthest, ends[number][1])
            number += 1
        if place > furthest:
            found.append(place)
    return found


def _frame(key: str, column: int, field: str, formulas: FormulaKeys | None) -> int:
    if key.isascii() and key.isdecimal() and len(key) <= 18:
        return int(key)
    span = re.fullmatch(r"\s*([0-9]{1,9})\s*[-–—]\s*([0-9]{1,9})\s*", key)
    if span and int(span[1]) < int(span[2]):  # as a formula it is a frame before the first
        message = f"the key {quote(key)} at column {column} is no frame number: {label_meant(f'{key}:')}"
        raise ScheduleError(field, f"{message}; write {span[1]}", column)
    if formulas is None:
        raise ScheduleError(
            field,
            f"the key {quote(key)} at column {column} is no frame number; the profile dreamreel takes formulas",
            column,
        )
    return formulas.frame(key, column)
