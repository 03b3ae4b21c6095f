"""The input `controlnets`: which ControlNets lead an animation, each with a hint, and how strongly in each frame."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dreamreel.animation.field import Field, schedule
from dreamreel.animation.given import Given
from dreamreel.animation.limits import check_series
from dreamreel.animation.sample.hints import MOST, Preprocessor, default_for, preprocessor
from dreamreel.errors import ScheduleError
from dreamreel.schedule.bounds import check_length
from dreamreel.schedule.notes import quote
from dreamreel.schedule.schedules import parse_schedule
from dreamreel.schedule.series import Floats

CONTROLNETS = Field(
    "controlnets",
    "string",
    "",
    "ControlNets that lead each frame by the picture it goes on from: name: weight, and as needed preprocessor, low, "
    "high, start, end; canny: 0.8; end: 0.7 | tile: 0: (0), 30: (1)",
    label="ControlNets",
    group="sampling",
    scope="frame",
)
EXAMPLE = 'write "name: 0.8; preprocessor: canny; start: 0; end: 0.8"'
# As many as the extension has.
MOST_UNITS = 5
PREVIOUS = "previous"
# By what it is called here and in the extension's settings: what a part of a unit says.
_PARTS = {
    "model": "model",
    "weight": "weight",
    "start": "start",
    "guidance_start": "start",
    "end": "end",
    "guidance_end": "end",
    "preprocessor": "preprocessor",
    "module": "preprocessor",
    "low": "low",
    "threshold_a": "low",
    "high": "high",
    "threshold_b": "high",
    "hint": "hint",
    "image": "hint",
}
SCHEDULES = {
    "weight": schedule(CONTROLNETS.name, "", "", minimum=0, limit=2),
    "start": schedule(CONTROLNETS.name, "", "", minimum=0, limit=1),
    "end": schedule(CONTROLNETS.name, "", "", minimum=0, limit=1),
}
_PLAIN = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e-?[0-9]{1,2})?\s*")
OTHERWISE = {"weight": 1.0, "start": 0.0, "end": 1.0}
# What a part says, and where that begins in the input's text; None where it has no place.
_Said = Mapping[str, tuple[str, int | None]]


@dataclass(frozen=True, eq=False)
class Unit:
    """A ControlNet as it leads. weight: (N,), 0 where it does not; start, end: (N,), shares of a frame's steps.

    shown, thresholds: its preprocessor and what that takes.
    """

    name: str
    weight: Floats
    start: Floats
    end: Floats
    shown: Preprocessor
    thresholds: tuple[float, ...]

    @cached_property
    def leads(self) -> NDArray[np.bool_]:
        """(N,), whether it leads each frame: none the first, which goes on from no picture."""
        found: NDArray[np.bool_] = (self.weight > 0) & (self.start < self.end)
        found[0] = False
        return found


def units_of(given: Given) -> tuple[Unit, ...]:
    """Those that the input names, in their order. Raises InputError."""
    text = given.text(CONTROLNETS.name)
    check_length(text, CONTROLNETS.name)
    found: list[Unit] = []
    for said in _listed(text) if text.lstrip().startswith(("[", "{")) else _written(text):
        if len(found) == MOST_UNITS:
            raise ScheduleError(CONTROLNETS.name, f"names more than {MOST_UNITS} ControlNets, which are the most")
        found.append(_unit(said, given))
    return tuple(found)


def _unit(said: _Said, given: Given) -> Unit:
    series = {part: _series(part, said.get(part), given) for part in SCHEDULES}
    name = said["model"][0]
    if (hint := said.get("hint", (PREVIOUS, None))[0].strip().lower()) != PREVIOUS:
        message = (
            f"the hint of {quote(name)} is {quote(hint)}: a picture or a video is a file, and no input is one yet; "
            f"the hint is {PREVIOUS}, the picture that a frame goes on from"
        )
        raise ScheduleError(CONTROLNETS.name, message, _column(said["hint"]))
    shown = preprocessor(CONTROLNETS.name, said.get("preprocessor", (default_for(name), None))[0])
    return Unit(name, **series, shown=shown, thresholds=tuple(_thresholds(said, shown)))


def _thresholds(said: _Said, shown: Preprocessor) -> Iterator[float]:
    parts = ("low", "high")
    for part, default in zip(parts, shown.defaults, strict=False):
        text, place = said.get(part, (str(default), None))
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not 0 <= value <= MOST:
            message = f"{part} must be a number between 0 and {MOST:g}, got {quote(text)}"
            raise ScheduleError(CONTROLNETS.name, message, None if place is None else place + 1)
        yield value
    for part in parts[len(shown.defaults) :]:
        if part in said:
            raise ScheduleError(CONTROLNETS.name, f"{shown.name} takes no {part}", _column(said[part]))


def _series(part: str, said: tuple[str, int | None] | None, given: Given) -> Floats:
    """The values of a part at each frame, (N,)."""
    if said is None:
        return np.full(given.num_frames, OTHERWISE[part])
    text, place = said
    if _PLAIN.fullmatch(text):
        series = np.full(given.num_frames, float(text))
    else:
        # Spaces in front, so that columns are those of the input.
        series, notes = parse_schedule(" " * (place or 0) + text, CONTROLNETS.name, given.grammar)
        given.notes.extend(notes)
    given.notes.extend(check_series(SCHEDULES[part], series))
    return series


def _written(text: str) -> Iterator[_Said]:
    """What each unit says, between bars or line breaks: its name and weight, then parts by name, with `;` between."""
    place = 0
    for entry in text.replace("\n", "|").split("|"):
        if entry.strip():
            yield _read(entry, place)
        place += len(entry) + 1


def _read(entry: str, place: int) -> _Said:
    found: dict[str, tuple[str, int | None]] = {}
    for number, written in enumerate(entry.split(";")):
        key, colon, value = written.partition(":")
        name, begin = key.strip(), place + len(key) + 1
        if not name and (number == 0 or colon):
            raise ScheduleError(CONTROLNETS.name, f"{quote(written)} has no name; {EXAMPLE}", place + 1)
        if number == 0:
            found["model"] = name, place + len(key) - len(key.lstrip())
            if colon:
                found["weight"] = value, begin
        elif name:
            _add(found, name, value, begin, place + 1)
        place += len(written) + 1
    return found


def _add(
    found: dict[str, tuple[str, int | None]], name: str, value: str, begin: int | None, column: int | None
) -> None:
    part = _PARTS.get(name.lower())
    if part is None:
        there = ", ".join(dict.fromkeys(_PARTS.values()))
        raise ScheduleError(CONTROLNETS.name, f"{quote(name)} is no part of a ControlNet; there are {there}", column)
    if part in found:
        raise ScheduleError(CONTROLNETS.name, f"{part} comes twice for {quote(found['model'][0])}", column)
    found[part] = value, begin


def _listed(text: str) -> Iterator[_Said]:
    """What each unit says in a JSON list of objects, or in one object."""
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ScheduleError(CONTROLNETS.name, f"looks like JSON and is none: {error}; {EXAMPLE}", 1) from None
    for unit in listed if isinstance(listed, list) else [listed]:
        if not isinstance(unit, dict) or not isinstance(unit.get("model"), str) or not unit["model"].strip():
            raise ScheduleError(CONTROLNETS.name, 'each ControlNet is an object with a "model", its name', 1)
        found: dict[str, tuple[str, int | None]] = {"model": (unit["model"].strip(), None)}
        for key, value in unit.items():
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                raise ScheduleError(CONTROLNETS.name, f"{quote(key)} is no number and no text", 1)
            if key != "model":
                _add(found, key, str(value), None, None)
        yield found


def _column(said: tuple[str, int | None]) -> int | None:
    return None if said[1] is None else said[1] + 1
