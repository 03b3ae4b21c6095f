"""`"0: (1.04), 50: (1.1)"` -> the keyframes it holds, and what in it was passed over.

The grammar is the original predictor's (replicate.py, `parse_key_frames`): wherever a run of ASCII
digits is followed by `:`, optional blanks and `(`, the text up to the first `)` is that frame's value.
Everything between two matches is ignored. The original finds matches by a regular expression that
takes quadratic time on hostile text; the scan here finds the same ones in one pass.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dreamreel.errors import ScheduleError
from dreamreel.schedule.bounds import check_keys, first_notes
from dreamreel.schedule.notes import Note, quote

ORIGINAL_MESSAGE = "Key Frame string not correctly formatted"
MAX_FRAME_DIGITS = 18
_SEPARATORS = re.compile(r"[\s,;|]*")
_TRIM = " ,;|\t\r\n"


@dataclass(frozen=True)
class Keyframe:
    """One match of the grammar.

    frame: the frame number written, 0 or more.
    text: the value as written between the brackets.
    column: where text begins in the whole string, counted from 1.
    """

    frame: int
    text: str
    column: int


@dataclass(frozen=True)
class Span:
    """Where a keyframe stands: from the first digit (start) to behind the `)` (stop), counted from 0."""

    start: int
    stop: int
    keyframe: Keyframe


def parse_keyframes(text: str, field: str, balanced: bool = False) -> tuple[list[Keyframe], list[Note]]:
    """The keyframes of text in the order written (a frame may come twice), and notes on skipped text.

    balanced: a value that is not a number ends at the bracket that closes it, so that formulas can
    hold brackets; otherwise at the first `)`, as in the original.

    Raises ScheduleError if there is no keyframe at all, or more than bounds.py allows.
    """
    spans = locate_keyframes(text, field, balanced)
    return [span.keyframe for span in spans], first_notes(_notes(text, spans, field, balanced), field)


def locate_keyframes(text: str, field: str, balanced: bool = False) -> list[Span]:
    """The same keyframes with their places in text, for whoever edits one and leaves the rest as it is."""
    check_keys(text, field)
    if not text.strip():
        raise ScheduleError(field, f'{ORIGINAL_MESSAGE} (empty); write for example "0: (1.0)"', 1)
    spans = list(_scan(text, field, balanced))
    if not spans:
        message, column = _diagnose(text, 0, balanced)
        raise ScheduleError(field, f"{ORIGINAL_MESSAGE}: {message}", column)
    return spans


def _scan(text: str, field: str, balanced: bool) -> Iterator[Span]:
    position = 0
    colon = text.find(":")
    while colon >= 0:
        start = _digits_start(text, colon, position)
        opening = _skip_blanks(text, colon + 1)
        if start < colon and text[opening : opening + 1] == "(":
            closing = _closing(text, opening, balanced)
            if closing < 0:
                return
            frame = _frame_number(text[start:colon], field, start + 1)
            yield Span(start, closing + 1, Keyframe(frame, text[opening + 1 : closing], opening + 2))
            position = closing + 1
            colon = text.find(":", position)
        else:
            colon = text.find(":", colon + 1)


def _digits_start(text: str, stop: int, floor: int) -> int:
    start = stop
    while start > floor and "0" <= text[start - 1] <= "9":
        start -= 1
    return start


def _skip_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _closing(text: str, opening: int, balanced: bool) -> int:
    """Index of the bracket that ends the value opened at opening, or -1."""
    first = text.find(")", opening)
    if not balanced or first < 0 or is_number(text[opening + 1 : first]):
        return first
    depth = 0
    for position in range(opening, len(text)):
        if text[position] == "(":
            depth += 1
        elif text[position] == ")":
            depth -= 1
            if depth == 0:
                return position
    return -1


def is_number(text: str) -> bool:
    """Whether Python's float() takes text, as the original asks; it takes " 1.5 ", "1e-1" and "1_000"."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _frame_number(digits: str, field: str, column: int) -> int:
    significant = digits.lstrip("0")
    if len(significant) > MAX_FRAME_DIGITS:
        raise ScheduleError(
            field,
            f"frame number {quote(significant)} at column {column} has {len(significant)} digits; "
            f"{MAX_FRAME_DIGITS} are the most",
            column,
        )
    return int(significant or "0")


def _notes(text: str, spans: list[Span], field: str, balanced: bool) -> Iterator[Note]:
    previous = 0
    for span in spans:
        gap = text[previous : span.start]
        tail = re.search(r"[-+.\w]+\Z", gap[-40:])
        if tail and not gap[-1:].isspace():
            written = tail.group() + text[span.start : span.stop].partition(":")[0]
            column = span.start + 1 - len(tail.group())
            frame = span.keyframe.frame
            yield Note(field, f"{quote(written)} at column {column} is read as frame {frame}", column, ignored=True)
            gap = gap[: -len(tail.group())]
        yield from _skipped(gap, previous, field)
        previous = span.stop
    rest = text[previous:]
    if not _SEPARATORS.fullmatch(rest):
        message, column = _diagnose(text, previous, balanced)
        yield Note(field, f"{quote(rest.strip(_TRIM))} at the end is ignored: {message}", column, ignored=True)


def _skipped(gap: str, start: int, field: str) -> Iterator[Note]:
    if not _SEPARATORS.fullmatch(gap):
        lead = _SEPARATORS.match(gap)
        column = start + (lead.end() if lead else 0) + 1
        yield Note(field, f"{quote(gap.strip(_TRIM))} at column {column} is ignored", column, ignored=True)


def _diagnose(text: str, start: int, balanced: bool) -> tuple[str, int]:
    """What is missing from the first thing after start that looks like a keyframe, and its column."""
    rest = text[start:]
    looks = re.search(r"[0-9]{1,20}(\s{0,20}:)?", rest)
    if looks is None:
        return f'no "frame: (value)" in {quote(rest.strip())}', start + 1
    after = start + looks.end()
    if looks.group(1) is None:
        return f'expected ":" at column {after + 1} of {quote(text)}', after + 1
    if looks.group(1) != ":":
        return f'no blank may stand before ":" at column {after} of {quote(text)}', after
    opening = _skip_blanks(text, after)
    if text[opening : opening + 1] != "(":
        return f'expected "(" at column {opening + 1} of {quote(text)}', opening + 1
    if ")" in text[opening:] and not balanced:
        return f"cannot read {quote(rest.strip())}", start + 1
    return f'expected ")" at column {len(text) + 1} of {quote(text)}', len(text) + 1
