"""`"0: (1.04), 50: (1.1)"` -> the keyframes it holds, and what in it was passed over.

The grammar is the original predictor's (replicate.py, `parse_key_frames`): wherever a run of ASCII
digits is followed by `:`, optional blanks and `(`, the text up to the first `)` is that frame's value.
Everything between two matches is ignored. The original finds matches by a regular expression that
takes quadratic time on hostile text; the scan here finds the same ones in one pass.

With formulas the key may be one too (`max_f/2: (1.1)`, `"max_f-1": (1)`, `30.0: (1)`), cut to a whole
number as in the notebooks, and blanks may stand before `:`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dreamreel.errors import ScheduleError
from dreamreel.schedule.bounds import check_keys
from dreamreel.schedule.characters import plain
from dreamreel.schedule.keys import FormulaKeys, key_start
from dreamreel.schedule.notes import quote
from dreamreel.schedule.skipped import diagnose

ORIGINAL_MESSAGE = "Key Frame string not correctly formatted"
MAX_FRAME_DIGITS = 18


@dataclass(frozen=True)
class Keyframe:
    """One match of the grammar.

    frame: the frame number written; below 0 only for a formula.
    text: the value as written between the brackets.
    column: where text begins in the whole string, counted from 1.
    """

    frame: int
    text: str
    column: int


@dataclass(frozen=True)
class Span:
    """Where a keyframe stands, counted from 0: its key from start to before colon, its `)` before stop."""

    start: int
    colon: int
    stop: int
    keyframe: Keyframe


def locate_keyframes(
    text: str, field: str, balanced: bool = False, key_names: Mapping[str, float] | None = None
) -> list[Span]:
    """The keyframes of text with their places, in the order written (a frame may come twice).

    balanced: a value that is not a number ends at the bracket that closes it, so that formulas can
    hold brackets; otherwise at the first `)`, as in the original. key_names: numbers that keys may
    use as formulas (max_f, s); None: a key is digits, as in the original.

    Raises ScheduleError if there is no keyframe at all, or more than bounds.py allows.
    """
    check_keys(text, field)
    if not text.strip():
        raise ScheduleError(field, f'{ORIGINAL_MESSAGE} (empty); write for example "0: (1.0)"', 1)
    # The original knows no full-width marks, and what it makes of a text with them stays as it is.
    readable = text if key_names is None else plain(text)
    formulas = None if key_names is None else FormulaKeys(field, key_names)
    if spans := list(_scan(readable, text, _Reader(field, balanced, formulas))):
        return spans
    message, column = diagnose(text, 0, balanced)
    raise ScheduleError(field, f"{ORIGINAL_MESSAGE}: {message}", column)


@dataclass(frozen=True)
class _Reader:
    field: str
    balanced: bool
    formulas: FormulaKeys | None

    def start(self, text: str, colon: int, floor: int) -> int:
        if self.formulas is not None:
            return key_start(text, colon, floor)
        return _digits_start(text, colon, floor)

    def frame(self, text: str, start: int, colon: int) -> int | None:
        """The frame that text[start:colon] names; None if it names none."""
        digits = text[start:colon].rstrip()
        if digits.isascii() and digits.isdecimal():
            return _frame_number(digits, self.field, start + 1)
        return None if self.formulas is None else self.formulas.quoted_frame(text[start:colon], start + 1)


def _scan(text: str, written: str, reader: _Reader) -> Iterator[Span]:
    """text: written, or the plain characters of it, in which places are the same."""
    position = 0
    colon = text.find(":")
    while colon >= 0:
        opening = _skip_blanks(text, colon + 1)
        start = reader.start(text, colon, position) if text[opening : opening + 1] == "(" else colon
        frame = reader.frame(text, start, colon) if start < colon else None
        if frame is None:
            colon = text.find(":", colon + 1)
            continue
        closing = _closing(text, opening, reader.balanced)
        if closing < 0:
            return
        yield Span(start, colon, closing + 1, Keyframe(frame, written[opening + 1 : closing], opening + 2))
        position = closing + 1
        colon = text.find(":", position)


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
    """Whether Python's float() takes text, as the original asks; it takes " 1.5 ", "1e-1" and "1_000".

    A typographic minus or a full-width digit counts as what it looks like: the original failed there.
    """
    try:
        float(plain(text))
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
