"""A schedule as somebody wrote it -> one that the profile reads, as near to it as there is."""

import math
import re
from decimal import Decimal

import numpy as np

from dreamreel.errors import InputError, ScheduleError
from dreamreel.schedule.bounds import MAX_KEYS, check_length
from dreamreel.schedule.readings import READINGS
from dreamreel.schedule.schedules import Grammar, locate_schedule, parse_schedule, parse_texts
from dreamreel.schedule.series import Floats

# `0: 0: (expr)`, and keys that are separated as Replicate's model allows it.
_TWICE = re.compile(r"(?<!\d)(\d{1,9})\s{0,9}:\s{0,9}\1\s{0,9}:")
_SEPARATED = re.compile(r"\)\s{0,9}[|;]\s{0,9}(?=[\"']?\d{1,9}[\"']?\s{0,9}:)")
_BARE = re.compile(
    r"\s{0,9}\(?\s{0,9}([+-]?(?:\d{1,40}\.?\d{0,40}|\.\d{1,40})(?:e[+-]?\d{1,3})?)\s{0,9}\)?\s{0,9}", re.IGNORECASE
)


def number_text(value: float) -> str:
    """A number as every grammar reads it as one: without an exponent."""
    written = format(Decimal(repr(float(value))), "f")
    return written.removesuffix(".0")


def keyed(values: dict[int, float]) -> str:
    """Keyframes of numbers by frame; of a run of equal ones the first and the last."""
    frames = sorted(values)
    kept = [
        frame
        for place, frame in enumerate(frames)
        if place in (0, len(frames) - 1) or not values[frames[place - 1]] == values[frame] == values[frames[place + 1]]
    ]
    if len(kept) == 2 and values[kept[0]] == values[kept[1]]:
        kept = kept[:1]
    return ", ".join(f"{frame}: ({number_text(values[frame])})" for frame in kept)


def mended_schedule(value: str, name: str, grammar: Grammar) -> tuple[str, str]:
    """value as the profile reads it, and what was changed; empty where nothing was. Raises ScheduleError."""
    check_length(value, name)
    if (bare := _BARE.fullmatch(value)) and math.isfinite(float(bare[1])):
        return f"0: ({number_text(float(bare[1]))})", "a value without a frame is that of frame 0"
    plain = _SEPARATED.sub("), ", _TWICE.sub(r"\1:", value.strip()))
    if plain == value.strip():
        refused = _refused(value, name, grammar)
        if refused is None:
            return value, ""
    elif (refused := _refused(plain, name, grammar)) is None:
        return plain, "keys are written apart by commas, each once"
    wide = Grammar(grammar.num_frames, grammar.seed, True, "ignore", READINGS["dreamreel"], grammar.interp)
    try:
        series, _ = parse_schedule(plain, name, wide)
    except ScheduleError:
        raise refused from None
    return _rewritten(plain, name, grammar, wide, series), f"written otherwise, because {refused.message}"


def _refused(value: str, name: str, grammar: Grammar) -> ScheduleError | None:
    try:
        parse_schedule(value, name, grammar)
    except ScheduleError as error:
        return error
    return None


def _rewritten(value: str, name: str, grammar: Grammar, wide: Grammar, series: Floats) -> str:
    """The keys of value in the profile's grammar; a number for every frame where that says something else."""
    written = {span.keyframe.frame: span.keyframe.text.strip() for span in locate_schedule(value, name, wide)}
    first = min(written)
    plain = {frame: _as_number(text) for frame, text in written.items()}
    keys = {0: plain[first], **plain} if first else plain
    text = ", ".join(f"{frame}: ({keys[frame]})" for frame in sorted(keys))
    try:
        found, _ = parse_schedule(text, name, grammar)
        if np.array_equal(found, series):
            return text
    except ScheduleError:
        pass
    return keyed(dict(enumerate(series.tolist()[:MAX_KEYS])))


def _as_number(text: str) -> str:
    bare = _BARE.fullmatch(text)
    return number_text(float(bare[1])) if bare else text


def mended_names(value: str, name: str, grammar: Grammar) -> tuple[str, str]:
    """The same for a schedule of names: a name alone is that of frame 0. Raises InputError."""
    if ":" not in value:
        return f'0: ("{value.strip()}")', "a name without a frame is that of frame 0"
    try:
        parse_texts(value, name, grammar)
    except ScheduleError as error:
        wide = Grammar(grammar.num_frames, grammar.seed, True, "ignore", READINGS["dreamreel"])
        try:
            names, _ = parse_texts(_SEPARATED.sub("), ", value), name, wide)
        except ScheduleError:
            raise InputError(name, error.message, error.column) from None
        keys = [frame for frame in range(len(names)) if not frame or names[frame] != names[frame - 1]]
        text = ", ".join(f'{frame}: ("{names[frame]}")' for frame in keys)
        return text, f"written otherwise, because {error.message}"
    return value, ""
