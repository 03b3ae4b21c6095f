"""What stands between the keyframes of a schedule: notes on it, and what is missing from it."""

import re
from collections.abc import Iterator, Sequence

from dreamreel.schedule.characters import odd_marks, plain
from dreamreel.schedule.notes import Note, quote

# Blanks, byte order marks, and what people separate keyframes with.
_SEPARATORS = re.compile("[\\s,;|\ufeff\u200b\u2060]*")
_BLANKS = re.compile("[ \\t]*")
_TRIM = " ,;|\t\r\n\ufeff"
_FORMULA_KEY = re.compile(r"(max_f|[A-Za-z_]\w*\s*[-+*/]|[-+*/]\s*[A-Za-z_]|\(.*\)\s*:)")
_QUOTED_KEY = re.compile(r"[\"']\s*([0-9]{1,20})\s*[\"']\s*:")
# A value between brackets of another kind, as far as it is short.
_OTHER_BRACKETS = re.compile(r"([0-9]{1,20})\s{0,20}:\s{0,20}([\[{<])([^\[\]{}<>:,]{0,40})[\]}>)]?")
NEEDS_MATH = 'formulas need "math": true, on the command line --math'

Place = tuple[int, int, int, int]


def notes_on(text: str, places: Sequence[Place], field: str, formulas: bool) -> Iterator[Note]:
    """Notes on everything in text that is passed over, or read as another key than it seems to be.

    places: (start of the key, colon, end, frame) of each keyframe, counted from 0. formulas: whether keys may be any.
    """
    previous, missing, seen = 0, 0, set()
    first, end = unquoted(text)
    if first:
        marks = f"{text[first - 1]} at column {first} and {text[end]} at column {end + 1}"
        yield Note(field, f"the quotes around the text are ignored ({marks})", first, ignored=True)
        previous, text = first, text[:end]
    for start, colon, stop, frame in places:
        gap = text[previous:start]
        tail = re.search(r"[^\s,;|:\ufeff]+\Z", gap[-60:])
        if tail and not gap[-1:].isspace():
            yield _read_as(tail.group() + text[start:colon], start - len(tail.group()), frame, field)
            gap = gap[: -len(tail.group())]
        if places[0][0] < start and _BLANKS.fullmatch(text[previous:start]):
            missing = missing or start + 1
        yield from _skipped(gap, previous, field)
        if frame < 0:
            key = quote(text[start:colon])
            message = f"the key {key} at column {start + 1} is frame {frame}, before the first: it is ignored"
            yield Note(field, message, start + 1, ignored=True)
        elif frame in seen:
            message = f"frame {frame} comes twice; the one at column {start + 1} counts"
            yield Note(field, message, start + 1, ignored=True)
        seen.add(frame)
        previous = stop
    if missing:
        message = (
            f"no comma stands before the keyframe at column {missing}; the A1111 extension and the notebook need one"
        )
        yield Note(field, message, missing)
    rest = text[previous:]
    if not _SEPARATORS.fullmatch(rest):
        message, column = diagnose(text, previous, formulas)
        yield Note(field, f"{quote(rest.strip(_TRIM))} at the end is ignored: {message}", column, ignored=True)


def unquoted(text: str) -> tuple[int, int]:
    """Where text begins and ends without a pair of quotes around all of it, of whatever script; counted from 0."""
    begin, end = len(text) - len(text.lstrip()), len(text.rstrip())
    first, last = plain(text[begin : begin + 1]), plain(text[end - 1 : end])
    is_quoted = end - begin > 1 and first == last and first in ("'", '"')
    return (begin + 1, end - 1) if is_quoted else (0, len(text))


def _read_as(written: str, start: int, frame: int, field: str) -> Note:
    """A key of which the original reads the last digits only."""
    message = f"{quote(written)} at column {start + 1} is read as frame {frame}"
    if re.search(r"[A-Za-z_(]", written):
        message += f": {NEEDS_MATH}"
    elif re.fullmatch(r"-?[0-9]*\.[0-9]+", written):
        message += ", as the original reads it: a frame is a whole number"
    return Note(field, message, start + 1, ignored=True)


def _skipped(gap: str, start: int, field: str) -> Iterator[Note]:
    if _SEPARATORS.fullmatch(gap):
        return
    lead = _SEPARATORS.match(gap)
    column = start + (lead.end() if lead else 0) + 1
    reason = _reason(gap, start)
    message = f"{quote(gap.strip(_TRIM))} at column {column} is ignored{': ' + reason if reason else ''}"
    yield Note(field, message, column, ignored=True)


def _reason(gap: str, start: int) -> str:
    """Why something that seems to be a keyframe is not one; empty where nothing seems so."""
    if quoted := _QUOTED_KEY.search(plain(gap)):
        return f"a frame number takes no quotes; write {quoted[1]}:"
    if other := _OTHER_BRACKETS.search(gap):
        return f"at column {start + other.start(2) + 1} {_round(other)}"
    if odd := next(odd_marks(gap), None):
        return f"at column {start + odd[0] + 1} {odd[1]}"
    if ":" not in gap:
        return ""
    key = gap.rpartition(":")[0].rpartition(",")[2][-80:]
    if _FORMULA_KEY.search(key + ":"):
        return f"a key is a frame number; {NEEDS_MATH}"
    return ""


def _round(other: re.Match[str]) -> str:
    return f'"{other[2]}" stands where "(" is meant: brackets are round; write {other[1]}: ({other[3].strip()})'


def diagnose(text: str, start: int, balanced: bool) -> tuple[str, int]:
    """What is missing from the first thing after start that looks like a keyframe, and its column."""
    first, end = unquoted(text)
    start = max(start, first)
    rest = text[start:end]
    readable = plain(rest[:1000])
    if other := _OTHER_BRACKETS.search(readable):
        column = start + other.start(2) + 1
        return f"at column {column} {_round(other)}", column
    odd = next(odd_marks(rest[:1000]), None)
    if odd and not _QUOTED_KEY.search(readable):
        return f"at column {start + odd[0] + 1} {odd[1]}", start + odd[0] + 1
    if reason := _reason(rest[:1000], start):
        lead = len(rest) - len(rest.lstrip(_TRIM))
        return reason, start + lead + 1
    return _missing(text, start, end, balanced)


def _missing(text: str, start: int, end: int, balanced: bool) -> tuple[str, int]:
    """The first sign that is missing from text between start and end, and its column."""
    rest = text[start:end]
    looks = re.search(r"[0-9]{1,20}(\s{0,20}:)?", rest)
    if looks is None:
        return f'no "frame: (value)" in {quote(rest.strip())}', start + 1
    after = start + looks.end()
    if looks.group(1) is None:
        return f'expected ":" at column {after + 1} of {quote(text)}', after + 1
    if looks.group(1) != ":" and not balanced:
        return f'no blank may stand before ":" at column {after} of {quote(text)}', after
    opening = after
    while opening < end and text[opening].isspace():
        opening += 1
    if text[opening : opening + 1] != "(":
        value = re.match(r"[-+]?[0-9.]{1,20}", text[opening:end])
        advice = f"; write {looks.group()} ({value[0]})" if value else ""
        return f'expected "(" at column {opening + 1} of {quote(text)}{advice}', opening + 1
    if ")" in text[opening:end] and not balanced:
        return f"cannot read {quote(rest.strip())}", start + 1
    if other := re.search(r"[\]}]", text[opening:end]):
        column = opening + other.start() + 1
        return f'at column {column} "{other[0]}" stands where ")" is meant: brackets are round', column
    return f'expected ")" at column {end + 1} of {quote(text)}', end + 1
