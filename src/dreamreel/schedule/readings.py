"""How each profile reads schedules: a row of values, of which schedules.py asks and which nobody tests by name."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from dreamreel.errors import ScheduleError
from dreamreel.schedule.characters import plain
from dreamreel.schedule.keyframes import Span, locate_keyframes
from dreamreel.schedule.language import A1111, FORMULAS, NOTEBOOK, Language
from dreamreel.schedule.notes import Note, quote
from dreamreel.schedule.pieces import (
    Read,
    a1111_number,
    a1111_text,
    notebook_number,
    notebook_text,
    read_a1111,
    read_notebook,
)
from dreamreel.schedule.separated import read_separated
from dreamreel.schedule.series import KeysPastEnd
from dreamreel.schedule.skipped import notes_on

# text, field, what keys may use as formulas (None: keys are digits) -> keyframes in the order written, notes
ReadFn = Callable[[str, str, Mapping[str, float] | None], Read]

# A name like any other, the name before it again, or an error.
NumericNames = Literal["kept", "previous", "refused"]


@dataclass(frozen=True)
class Reading:
    """A row. read: finds keyframes. number: of a value, None where it is a formula. text: of a value that is a name.

    language: of formulas. always: whether values may be formulas without `math`. begins: whether a key at frame 0 is
    asked for; else the first is held backwards. past_end: what keys at or after the last frame do, if nobody says it.
    numeric_names: what a number is in a schedule of names. strict: whether it refuses what SUPERSET may read.
    """

    read: ReadFn
    number: Callable[[str], float | None]
    text: Callable[[str], str]
    language: Language = FORMULAS
    always: bool = True
    begins: bool = True
    past_end: KeysPastEnd = "ignore"
    numeric_names: NumericNames = "refused"
    strict: bool = False


def read_original(text: str, field: str, names: Mapping[str, float] | None) -> Read:
    """The grammar of the original's replicate.py, with formulas as an extension."""
    spans = locate_keyframes(text, field, names is not None, names)
    return spans, _notes(text, spans, field, names is not None)


def original_number(text: str) -> float | None:
    """Whatever Python's float() takes."""
    try:
        return float(plain(text))
    except ValueError:
        return None


def unquoted_text(text: str) -> str:
    """A name, without the quotes around it."""
    bare = text.strip()
    return bare[1:-1] if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'" else bare


def read_superset(text: str, field: str, names: Mapping[str, float] | None) -> Read:
    """All that the others read: separated keyframes with or without brackets, or else the original's."""
    spans = read_separated(text, field, names or {})
    if spans is None:
        return read_original(text, field, names or {})
    return spans, _notes(text, spans, field, True)


def _notes(text: str, spans: list[Span], field: str, formulas: bool) -> Iterator[Note]:
    places = [(span.start, span.colon, span.stop, span.keyframe.frame) for span in spans]
    return notes_on(text, places, field, formulas)


def _named(read: Callable[[str, str, Mapping[str, float]], Read]) -> ReadFn:
    return lambda text, field, names: read(text, field, names or {})


ORIGINAL = Reading(
    read_original,
    original_number,
    unquoted_text,
    always=False,
    begins=False,
    past_end="compress",
    numeric_names="kept",
)
# The one that reads what all the others do.
SUPERSET = "dreamreel"
READINGS: dict[str, Reading] = {
    "replicate": ORIGINAL,
    "replicate-source": ORIGINAL,
    "notebook": Reading(_named(read_notebook), notebook_number, notebook_text, NOTEBOOK, strict=True),
    "a1111": Reading(_named(read_a1111), a1111_number, a1111_text, A1111, numeric_names="previous", strict=True),
    SUPERSET: Reading(
        read_superset, original_number, unquoted_text, begins=False, past_end="clip", numeric_names="kept"
    ),
}


def refuse_no_start(reading: Reading, first: int, field: str) -> None:
    """Raises ScheduleError where reading asks for a key at frame 0 and first is a later one."""
    if reading.begins and first > 0:
        message = f"has no key at frame 0, which this profile needs; write {quote('0:(...)')} before frame {first}"
        raise ScheduleError(field, message, 1)
