"""`a (red:1.3) [wide] sky` -> words and how strongly each counts, as AUTOMATIC1111's webui reads them.

Source: its modules/prompt_parser.py, `parse_prompt_attention` (1.6 and later): the same parts, the same weights to the
last bit. Two differences: what made float() fail there is refused by name here, and so are brackets that nobody wrote.
"""

import math
import re
from itertools import groupby

import numpy as np

from dreamreel.errors import ScheduleError
from dreamreel.schedule.bounds import check_length
from dreamreel.schedule.notes import quote

# Words and the factor on what the text encoder makes of them.
Part = tuple[str, float]

ROUND, SQUARE = 1.1, 1 / 1.1
# The part after which a new chunk of tokens begins.
BREAK: Part = ("BREAK", -1)
MAX_DEPTH = 100
_TOKEN = re.compile(r"\\[()\[\]\\]|\\|[(\[]|:\s*([+-]?[.\d]+)\s*\)|[)\]]|[^\\()\[\]:]+|:")
_BREAK = re.compile(r"\bBREAK\b")


def parse_attention(text: str, field: str) -> list[Part]:
    """The parts of text, in order, at least one. `(x)` counts 1.1 times, `[x]` 1 / 1.1, `(x:1.3)` 1.3 times.

    Brackets multiply; those left open close at the end. `\\(` is a bracket that is a word. BREAK is a part of its own
    with the weight -1, unless weighted brackets are around it: then it is a word.

    Raises ScheduleError for a weight that is no number, for more than MAX_DEPTH open brackets, and for long texts.
    """
    check_length(text, field)
    reading = _Reading(field)
    for found in _TOKEN.finditer(text):
        reading.take(found)
    return reading.parts()


class _Reading:
    def __init__(self, field: str) -> None:
        self.field = field
        self.words: list[str] = []
        self.breaks: list[int] = []
        self.factors: list[tuple[int, int, float]] = []  # from a part to before another: times that
        self.opened: dict[str, list[int]] = {"(": [], "[": []}

    def take(self, found: re.Match[str]) -> None:
        token, weight = found[0], found[1]
        if token.startswith("\\"):
            self.words.append(token[1:])
        elif token in self.opened:
            self.open(token, found.start())
        elif weight is not None and self.opened["("]:
            self.close("(", self.number(weight, found.start(1)))
        elif token == ")" and self.opened["("]:
            self.close("(", ROUND)
        elif token == "]" and self.opened["["]:
            self.close("[", SQUARE)
        else:
            self.add(token)

    def open(self, bracket: str, place: int) -> None:
        if len(self.opened[bracket]) == MAX_DEPTH:
            message = f"more than {MAX_DEPTH} brackets are open at column {place + 1}; write a weight, as in (word:1.5)"
            raise ScheduleError(self.field, message, place + 1)
        self.opened[bracket].append(len(self.words))

    def close(self, bracket: str, factor: float) -> None:
        self.factors.append((self.opened[bracket].pop(), len(self.words), factor))

    def add(self, token: str) -> None:
        pieces = _BREAK.split(token)
        for number, piece in enumerate(pieces):
            if number:
                self.breaks.append(len(self.words))
                self.words.append(BREAK[0])
                piece = piece.lstrip()
            self.words.append(piece.rstrip() if number < len(pieces) - 1 else piece)

    def number(self, weight: str, place: int) -> float:
        try:
            value = float(weight)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            message = f"{quote(weight)} at column {place + 1} is not a number; a weight is written as in (word:1.3)"
            raise ScheduleError(self.field, message, place + 1)
        return value

    def parts(self) -> list[Part]:
        for bracket, factor in (("(", ROUND), ("[", SQUARE)):
            self.factors += [(begin, len(self.words), factor) for begin in self.opened[bracket]]
        weights = np.ones(len(self.words))
        weights[self.breaks] = BREAK[1]
        with np.errstate(over="ignore"):
            for begin, end, factor in self.factors:  # in the order of closing, which decides last bits
                weights[begin:end] *= factor
        if not np.isfinite(weights).all():
            raise ScheduleError(self.field, "its weights multiply to more than a number can be", 1)
        pairs = groupby(zip(self.words, weights.tolist(), strict=True), key=lambda part: part[1])
        return [("".join(words for words, _ in group), weight) for weight, group in pairs] or [("", 1.0)]
