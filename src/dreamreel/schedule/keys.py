"""A key that is a formula: `max_f/2`, `"max_f-1"`, `30.0`."""

import re
from collections.abc import Mapping

from dreamreel.errors import ScheduleError
from dreamreel.schedule.expressions import evaluate_key
from dreamreel.schedule.language import FORMULAS, Language

MAX_KEY, MAX_KEY_FORMULAS = 200, 1000
_IS_FORMULA = re.compile(r"[\s\w.+\-*/%()<>=,&|~^]+")
_TWO_WORDS = re.compile(r"[\w.]\s+[\w.]")


def key_start(text: str, colon: int, floor: int) -> int:
    """Where the key that ends at colon begins: behind the last separator that is in no bracket.

    A colon ends the search wherever it stands, so that a whole text is searched in one pass.
    """
    start, depth = colon, 0
    while start > floor:
        character = text[start - 1]
        if character == ":" or (character in ",;|\n" and depth == 0) or (character == "(" and depth == 0):
            break
        depth += {")": 1, "(": -1}.get(character, 0)
        start -= 1
    while start < colon and text[start].isspace():
        start += 1
    return _after_junk(text, start, colon)


class FormulaKeys:
    """The keys of one text that are formulas, which may use names; at most MAX_KEY_FORMULAS, as each takes 0.1 ms."""

    def __init__(self, field: str, names: Mapping[str, float], language: Language = FORMULAS) -> None:
        self._field, self._names, self._language = field, names, language
        self._count = 0

    def frame(self, written: str, column: int) -> int:
        """The frame that a key without quotes names, cut to a whole number. Raises ScheduleError.

        column: where the key begins, counted from 1.
        """
        self._count += 1
        if self._count > MAX_KEY_FORMULAS:
            raise ScheduleError(self._field, f"more than {MAX_KEY_FORMULAS} formulas as keys", column)
        return evaluate_key(written, self._names, self._field, column, self._language)

    def quoted_frame(self, written: str, column: int) -> int:
        """The same of a key that may stand in quotes and among blanks. column: of written."""
        bare = written.strip()
        column += len(written) - len(written.lstrip())
        if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'":
            bare, column = bare[1:-1], column + 1
        return self.frame(bare, column)


def _after_junk(text: str, start: int, colon: int) -> int:
    """Behind words that are no formula, if digits follow them: `then 30` is the key 30, as in the original."""
    key = text[start:colon].strip()
    readable = key[1:-1] if len(key) > 1 and key[0] == key[-1] and key[0] in "\"'" else key
    is_formula = len(key) <= MAX_KEY and _IS_FORMULA.fullmatch(readable) and not _TWO_WORDS.search(readable)
    if is_formula:
        return start
    end = start + len(text[start:colon].rstrip())
    digits = end
    while digits > start and "0" <= text[digits - 1] <= "9":
        digits -= 1
    return digits if digits < end else start
