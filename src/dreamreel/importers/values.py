"""One value of a file -> the value of an input here, and what had to be changed for it."""

import math
import re
from dataclasses import dataclass

import numpy as np

from dreamreel.animation.field import Field, Value
from dreamreel.animation.limits import check_series
from dreamreel.animation.sample.names import scheduler_alone
from dreamreel.documents import Json, JsonObject
from dreamreel.errors import InputError
from dreamreel.importers.fates import Fate
from dreamreel.importers.keys import is_flag
from dreamreel.importers.mending import keyed, mended_names, mended_schedule
from dreamreel.importers.samplers import meant_by
from dreamreel.schedule.notes import quote
from dreamreel.schedule.schedules import Grammar, parse_schedule

_CHOICES = {
    "color_coherence": {"hsv": "Match Frame 0 HSV", "lab": "Match Frame 0 LAB", "rgb": "Match Frame 0 RGB"},
    "border": {"warp": "wrap", "reflect": "replicate"},
}
# Choices that are not here -> what is drawn instead, as the extension falls back.
_INSTEAD = {"color_coherence": "Match Frame 0 LAB"}


@dataclass(frozen=True)
class Taken:
    """The value of an input, what became of the file's, and a sentence on it where it was not simply taken."""

    value: Value
    fate: Fate = "used"
    sentence: str = ""


def taken(field: Field, value: Json, grammar: Grammar) -> Taken:
    """value as field has it. Raises InputError where it cannot be that."""
    if field.kind == "boolean":
        return Taken(is_flag(value))
    if field.kind in ("integer", "number"):
        return _number(field, value)
    if isinstance(value, dict) and (keyframes := _keyframes(value)):
        value = keyframes
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InputError(field.name, f"cannot be {quote(str(value))}")
    if field.kind == "schedule":
        return _schedule(field, str(value), grammar)
    if field.name == "sampler":
        meant = meant_by(str(value))
        return Taken(
            meant.name, "unsupported" if meant.lacks else "used", f"{value}: {meant.lacks}" if meant.lacks else ""
        )
    if field.name == "scheduler" and (spacing := scheduler_alone(str(value))) is not None:
        return Taken(spacing.get(field.name, field.default))
    if field.name.endswith("_schedule"):
        return _changed(*mended_names(str(value), field.name, grammar))
    return _choice(field, str(value)) if field.choices else Taken(str(value))


def _keyframes(value: JsonObject) -> str:
    """An object of values by frame as a schedule; empty for another object."""
    plain = all(key.strip().isdecimal() and isinstance(each, str | int | float) for key, each in value.items())
    return ", ".join(f"{key.strip()}: ({str(each).strip('()')})" for key, each in value.items()) if plain else ""


def _changed(value: Value, sentence: str) -> Taken:
    return Taken(value, "changed" if sentence else "used", sentence)


def _number(field: Field, value: Json) -> Taken:
    try:
        number = float(str(value).strip())
    except ValueError:
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(number):
        raise InputError(field.name, f"cannot be {quote(str(value))}: it is a number")
    if field.kind == "integer" and isinstance(value, int):
        whole: float = value
    else:
        whole = int(number) if field.kind == "integer" or number.is_integer() else number
    changed = f"{value} is cut to {whole}" if whole != number else ""
    if field.name == "seed" and (wrapped := _wrapped(int(whole), field)) != whole:
        return Taken(wrapped, "changed", f"{value} is {wrapped} here: seeds end at {field.maximum}")
    if field.minimum is not None and whole < field.minimum:
        whole, changed = _like(field.minimum, field), f"{value} is raised to {field.minimum:g}, the least there is"
    elif field.maximum is not None and whole > field.maximum:
        whole, changed = _like(field.maximum, field), f"{value} is cut to {field.maximum:g}, the most there is"
    return _changed(whole, changed)


def _like(limit: float, field: Field) -> float:
    return int(limit) if field.kind == "integer" or float(limit).is_integer() else limit


def _wrapped(seed: int, field: Field) -> int:
    """Any number below -1 asks for a random seed, and one too large is cut to its lower bits."""
    return -1 if seed < 0 else seed % (int(field.maximum or 0) + 1)


def _choice(field: Field, value: str) -> Taken:
    bare = value.strip().lower()
    named = {choice.lower(): choice for choice in field.choices}
    if bare in named:
        return Taken(named[bare])
    other = _CHOICES.get(field.name, {}).get(bare)
    if other is None and field.name in _INSTEAD:
        instead = _INSTEAD[field.name]
        return Taken(instead, "unsupported", f"{quote(value)} is not here; {instead} is drawn")
    if other is None:
        raise InputError(field.name, f"cannot be {quote(value)}; it is one of {', '.join(field.choices)}")
    # The extension's own short names are no change.
    return (
        Taken(other) if field.name == "color_coherence" else Taken(other, "changed", f"{quote(value)} is {other} here")
    )


def _schedule(field: Field, value: str, grammar: Grammar) -> Taken:
    text, sentence = mended_schedule(value, field.name, grammar)
    series, _ = parse_schedule(text, field.name, grammar)
    try:
        check_series(field, series)
    except InputError as error:
        if field.is_factor or (re.search("[a-zA-Z]", value) is None and not series.any()):
            raise
        cut = np.clip(series, field.minimum, field.maximum)
        return Taken(keyed(dict(enumerate(cut.tolist()))), "changed", f"cut to its limits, because {error.message}")
    return _changed(text, sentence)
