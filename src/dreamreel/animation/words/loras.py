"""Which LoRAs an animation is drawn with, and how strongly each counts in each frame."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dreamreel.animation.feature import Row, Words
from dreamreel.animation.field import Field, schedule
from dreamreel.animation.given import Given
from dreamreel.animation.limits import check_series
from dreamreel.diffusion.calls import Lora
from dreamreel.errors import ScheduleError
from dreamreel.schedule.bounds import check_length
from dreamreel.schedule.notes import quote
from dreamreel.schedule.prompting.loras import MOST_STRENGTH, check_count, tags_in, without_tags
from dreamreel.schedule.schedules import parse_schedule
from dreamreel.schedule.series import Floats

LORAS = Field(
    "loras",
    "string",
    "",
    "LoRAs that are drawn with, and how strongly each counts, as a number or a schedule: "
    "name: 0.8 | other: 0: (0), 30: (1)",
    label="LoRAs",
    group="words",
    scope="frame",
)
_LIMITS = schedule(LORAS.name, "", "", limit=MOST_STRENGTH)
EXAMPLE = 'write "name: 0.8 | other: 0: (0), 30: (1)"'
_PLAIN = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)\s*")
# Behind a name: whose strength is said, where not that of both.
_PART = re.compile(r"\s*(te|unet)\s*:")


@dataclass(frozen=True, eq=False)
class Strength:
    """How strongly a LoRA counts in each frame, (N,): for the network, and for the text encoders.

    field: of the input that names it first.
    """

    field: str
    unet: Floats
    text: Floats

    @cached_property
    def is_constant(self) -> bool:
        """Whether all frames have it alike."""
        return bool((self.unet == self.unet[0]).all() and (self.text == self.text[0]).all())

    def at(self, name: str, idx: int) -> Lora:
        """It in frame idx. name: its own."""
        return Lora(name, float(self.unet[idx]), float(self.text[idx]), self.is_constant)


Strengths = Mapping[str, Strength]


@dataclass(frozen=True, eq=False)
class WordsWithLoras(Words):
    """Words whose tags, and whose input, name LoRAs."""

    strengths: Strengths

    @property
    def loras(self) -> Mapping[str, str]:
        return {name: each.field for name, each in self.strengths.items()}

    def loras_at(self, idx: int) -> tuple[Lora, ...]:
        return loras_at(self.strengths, idx) if self.strengths else ()

    def all_loras(self, frames: NDArray[np.int64] | None = None) -> tuple[Lora, ...]:
        counting = (
            (name, each)
            for name, each in self.strengths.items()
            if frames is None or each.unet[frames].any() or each.text[frames].any()
        )
        return tuple(each.at(name, 0) for name, each in counting)

    def row(self, idx: int) -> Row:
        return super().row(idx) | row_of(self.strengths, idx)


def strengths_of(given: Given, tags: Mapping[str, tuple[Floats, Floats]], field: str) -> dict[str, Strength]:
    """By name, those of the tags in prompts (of that field) and those that the input names: both add up.

    Raises InputError.
    """
    found = {name: Strength(field, *both) for name, both in tags.items()}
    text = given.text(LORAS.name)
    for name, strength in _named(text, given) if text.strip() else ():
        before = found.get(name)
        found[name] = strength if before is None else _sum(before, strength)
        check_count(found, LORAS.name)
    return {name: each for name, each in sorted(found.items()) if each.unet.any() or each.text.any()}


def loras_at(strengths: Strengths, idx: int) -> tuple[Lora, ...]:
    """Those that count in frame idx, by name."""
    found = (each.at(name, idx) for name, each in strengths.items())
    return tuple(each for each in found if each.unet or each.text)


def row_of(strengths: Strengths, idx: int) -> Row:
    """What frame idx has of them, for people and for its key, in which constant ones, being in the weights, differ."""
    row: Row = {}
    for name, each in strengths.items():
        if not each.unet[idx] and not each.text[idx]:
            continue  # it changes nothing here
        called = f"lora {name}" if each.is_constant else f"lora {name} (changing)"
        row[called] = float(each.unet[idx])
        if each.text[idx] != each.unet[idx]:
            row[f"{called} for texts"] = float(each.text[idx])
    return row


def _sum(one: Strength, other: Strength) -> Strength:
    return Strength(one.field, one.unet + other.unet, one.text + other.text)


def _named(text: str, given: Given) -> Iterator[tuple[str, Strength]]:
    """The LoRAs in the input's text, with what each says of its strength."""
    check_length(text, LORAS.name)
    if "<" in text:
        yield from _tags(text, given.num_frames)
        return
    found: dict[str, dict[str, Floats]] = {}
    for start, entry in _entries(text):
        name, part, value, place = _read(entry, start)
        said = found.setdefault(name, {})
        check_count(found, LORAS.name)
        if part in said:
            raise ScheduleError(LORAS.name, f"{quote(name)} comes twice, the second at column {start + 1}", start + 1)
        said[part] = _series(value, place, given)
    none = np.zeros(given.num_frames)
    for name, said in found.items():
        unet = said.get("unet", said.get("", none))
        yield name, Strength(LORAS.name, unet, said.get("te", said.get("", unet)))


def _tags(text: str, num_frames: int) -> Iterator[tuple[str, Strength]]:
    if rest := without_tags(text).strip(" ,|\n\t"):
        raise ScheduleError(LORAS.name, f"{quote(rest)} is not a LoRA; {EXAMPLE}, or <lora:name:0.8>", 1)
    for tag in tags_in(text, LORAS.name):
        yield tag.name, Strength(LORAS.name, np.full(num_frames, tag.unet), np.full(num_frames, tag.text))


def _entries(text: str) -> Iterator[tuple[int, str]]:
    """(where it begins, an entry): between bars and line breaks, or the members of a JSON object."""
    if text.lstrip().startswith("{"):
        for name, value in _members(text).items():
            yield 0, f"{name}: {value}"
        return
    for found in re.finditer(r"[^|\n]+", text):
        if found[0].strip():
            yield found.start(), found[0]


def _members(text: str) -> dict[str, object]:
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict) or not all(
        isinstance(each, str | int | float) and not isinstance(each, bool) for each in members.values()
    ):
        raise ScheduleError(LORAS.name, f"looks like JSON, but is not an object of strengths by name; {EXAMPLE}", 1)
    return members


def _read(entry: str, start: int) -> tuple[str, str, str, int]:
    """(name, "te" or "unet" or empty for both, the text of the strength, where that begins)."""
    written, colon, rest = entry.partition(":")
    if not (name := written.strip()):
        raise ScheduleError(LORAS.name, f"{quote(entry)} at column {start + 1} has no name; {EXAMPLE}", start + 1)
    if not colon:
        return name, "", "1", start
    part = _PART.match(rest)
    begin = part.end() if part else 0
    return name, part[1] if part else "", rest[begin:], start + len(written) + 1 + begin


def _series(text: str, place: int, given: Given) -> Floats:
    """The strength at each frame, (N,). place: where text begins in the input, for columns."""
    if _PLAIN.fullmatch(text):
        series = np.full(given.num_frames, float(text))
    else:
        series, notes = parse_schedule(" " * place + text, LORAS.name, given.grammar)
        given.notes.extend(notes)
    given.notes.extend(check_series(_LIMITS, series))
    return series
