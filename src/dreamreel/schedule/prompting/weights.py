"""`bacon:0.75 eggs:-0.25`: one prompt as a mix of several, as the notebooks weigh them.

Source: helpers/conditioning of the notebook 0.7, `split_weighted_subprompts`, `normalize_prompt_weights`.
"""

import re
from collections.abc import Callable

from dreamreel.errors import ScheduleError
from dreamreel.schedule.bounds import check_length
from dreamreel.schedule.notes import quote
from dreamreel.schedule.prompting.attention import Part

MAX_PARTS = 100
# Words up to a colon that no backslash stands before; a number or a formula in back-ticks behind it.
_PART = re.compile(r"((?:\\:|[^:])+)(?::+((?:-?\d+(?:\.\d+)?|`[\S\s]*?`)?)\s*|$)")
_NUMBER = re.compile(r"-?[0-9]*(?:\.[0-9]+)?")
# The value of a formula that stands at a column.
ValueOf = Callable[[str, int], float]


def split_weights(text: str, field: str, value_of: ValueOf) -> tuple[list[Part], list[Part]]:
    """(what the picture is drawn away from, what towards), with weights above 0, in the order written.

    Words without a weight have 1, those with 0 are dropped. Raises ScheduleError, also for more than MAX_PARTS.
    """
    check_length(text, field)
    away: list[Part] = []
    towards: list[Part] = []
    for number, found in enumerate(_PART.finditer(text)):
        if number == MAX_PARTS:
            column = found.start() + 1
            raise ScheduleError(field, f"more than {MAX_PARTS} weighted parts at column {column}", column)
        weight = _weight(found[2], found.start(2) + 1, field, value_of)
        words = found[1].replace("\\:", ":")
        if weight:
            (away if weight < 0 else towards).append((words, abs(weight)))
    return away, towards


def normalised(parts: list[Part]) -> list[Part]:
    """The same with weights that sum to 1."""
    total = sum(weight for _, weight in parts)
    return [(words, weight / total) for words, weight in parts]


def _weight(written: str | None, column: int, field: str, value_of: ValueOf) -> float:
    if not written or written == "``":
        return 1.0
    if written.startswith("`"):
        return value_of(written[1:-1], column + 1)
    if not _NUMBER.fullmatch(written):  # digits of another script
        raise ScheduleError(
            field, f"{quote(written)} at column {column} is not a number; write it as in cat:0.5", column
        )
    return float(written)
