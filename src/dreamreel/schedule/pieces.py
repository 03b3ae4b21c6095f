"""Two more ways of writing keyframes: the A1111 extension's pieces between commas, and the notebook's brackets."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NoReturn

from dreamreel.errors import ScheduleError
from dreamreel.schedule.bounds import MAX_KEYS, check_length, refuse_more
from dreamreel.schedule.keyframes import MAX_FRAME_DIGITS, ORIGINAL_MESSAGE, Keyframe, Span
from dreamreel.schedule.keys import FormulaKeys
from dreamreel.schedule.language import A1111
from dreamreel.schedule.notes import Note, quote
from dreamreel.schedule.skipped import notes_on

Read = tuple[list[Span], Iterator[Note]]
# What both sources take for a number. `$` stands also before a line's end.
_NUMBER = re.compile(r"^(?=.)([+-]?([0-9]*)(\.([0-9]+))?)$")
_OPENING = re.compile(r":\s*+\(")
_NOTEBOOK_END = re.compile(r"\)(?:,\s?|\s?$)")
_MARKS = str.maketrans("", "", "'\"()")
_KEY_MARKS = str.maketrans("", "", "'\"() ")


def notebook_number(text: str) -> float | None:
    """The number that a value is in the notebook 0.7: digits alone, without blanks; None for a formula."""
    return float(text) if _NUMBER.match(text) else None


def a1111_number(text: str) -> float | None:
    """The same in the A1111 extension, which drops brackets and quotes first, wherever they stand."""
    return notebook_number(text.translate(_MARKS))


def a1111_text(text: str) -> str:
    """A value of a schedule of names in the A1111 extension."""
    return text.translate(_MARKS)


def notebook_text(text: str) -> str:
    """The same in the notebook."""
    return text.replace("'", "").replace('"', "")


def read_notebook(text: str, field: str, names: Mapping[str, float]) -> Read:  # noqa: ARG001
    """Source: notebook 0.7, `parse_key_frames`: a value ends at a `)` before a comma or the end.

    Raises ScheduleError if there is no keyframe.
    """
    check_length(text, field)
    spans = list(islice(_notebook_spans(text, field), MAX_KEYS + 1))
    refuse_more(len(spans), field, "keys")
    if not spans:
        raise ScheduleError(field, f'{ORIGINAL_MESSAGE}; write for example "0:(1.0), 30:(1.1)"', 1)
    places = [(span.start, span.colon, span.stop, span.keyframe.frame) for span in spans]
    return spans, notes_on(text, places, field, False)


def _notebook_spans(text: str, field: str) -> Iterator[Span]:
    """What `[0-9]+:\\s*\\(` and all up to the next end match, found in one pass."""
    ends = [end.span() for end in _NOTEBOOK_END.finditer(text)]
    position = next_end = 0
    for opening in _OPENING.finditer(text):
        start = opening.start()
        while start > position and "0" <= text[start - 1] <= "9":
            start -= 1
        if start == opening.start() or start < position:
            continue
        while next_end < len(ends) and ends[next_end][0] < opening.end():
            next_end += 1
        if next_end == len(ends):
            return
        stop, position = ends[next_end]
        frame = _frame(text[start : opening.start()], field, start + 1)
        yield Span(start, opening.start(), stop + 1, Keyframe(frame, text[opening.end() : stop], opening.end() + 1))


def read_a1111(text: str, field: str, names: Mapping[str, float]) -> Read:
    """Source: the A1111 extension, `parse_key_frames`: pieces between commas, a key and a value about its first colon.

    Raises ScheduleError for a piece that is no keyframe, and with it for every comma inside brackets.
    """
    check_length(text, field)
    refuse_more(text.count(",") + 1, field, "keys")
    spans, notes, start, keys = [], [], 0, _Keys(field, names)
    for piece in text.split(","):
        colon = start + piece.find(":")
        if colon < start:
            _refuse_piece(text, piece, start, field)
        value, _, dropped = piece[colon - start + 1 :].partition(":")
        column = colon + 2 + len(value) - len(value.lstrip())
        frame = keys.frame(text[start:colon], start + 1)
        first = start + len(piece) - len(piece.lstrip())
        spans.append(Span(first, colon, start + len(piece), Keyframe(frame, value.strip(), column)))
        if dropped or frame < 0:
            what = f'":{dropped}"' if dropped else f"the key {quote(text[start:colon].strip())}"
            message = f"{quote(what, 60)} at column {column} is ignored: a keyframe has one value at a frame from 0 on"
            notes.append(Note(field, message, column, ignored=True))
        start += len(piece) + 1
    return spans, iter(notes)


class _Keys:
    """Reads keys of one text of the extension."""

    def __init__(self, field: str, names: Mapping[str, float]) -> None:
        self._field, self._formulas = field, FormulaKeys(field, names, A1111)

    def frame(self, written: str, column: int) -> int:
        bare = written.translate(_KEY_MARKS).strip()
        if _NUMBER.match(bare):
            if not bare.lstrip("+-").isdecimal():
                message = f"the key {quote(bare)} at column {column} is no whole number; write {bare.partition('.')[0]}"
                raise ScheduleError(self._field, message, column)
            sign = -1 if bare.startswith("-") else 1
            return sign * _frame(bare.lstrip("+-"), self._field, column)
        inner = written.strip()
        for mark in ('"', "'"):
            inner = inner[1:-1] if len(inner) > 1 and inner[0] == inner[-1] == mark else inner
        return self._formulas.frame(inner, column)


def _refuse_piece(text: str, piece: str, start: int, field: str) -> NoReturn:
    what = f"{quote(piece.strip())} at column {start + 1} is no keyframe"
    if text[:start].count("(") > text[:start].count(")"):
        way = "this profile ends a value at every comma; profile dreamreel takes commas inside brackets"
    elif not text.strip():
        what, way = "it is empty", 'write for example "0:(1.0), 30:(1.1)"'
    elif not piece.strip():
        what, way = f"nothing stands before the comma or the end at column {start + 1}", "remove the comma"
    else:
        way = 'write for example "0:(1.0), 30:(1.1)"'
    raise ScheduleError(field, f"{ORIGINAL_MESSAGE}: {what}; {way}", start + 1)


def _frame(digits: str, field: str, column: int) -> int:
    significant = digits.lstrip("0")
    if len(significant) > MAX_FRAME_DIGITS:
        message = f"the frame at column {column} has {len(significant)} digits; {MAX_FRAME_DIGITS} are the most"
        raise ScheduleError(field, message, column)
    return int(significant or "0")
