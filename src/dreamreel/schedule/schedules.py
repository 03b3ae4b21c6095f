"""A schedule's text -> its value at each frame: keyframes, formulas and in-betweens put together."""

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from dreamreel.errors import ScheduleError
from dreamreel.schedule.expressions import evaluate
from dreamreel.schedule.keyframes import Keyframe, is_number, parse_keyframes
from dreamreel.schedule.notes import Note, quote
from dreamreel.schedule.series import Floats, KeysPastEnd, build_series

MAX_FORMULAS = 1000
# Of all formulas of a text; each is at most 1000 long. Working out so many takes a fifth of a second.
MAX_FORMULA_CHARACTERS = 40_000


@dataclass(frozen=True)
class Grammar:
    """What the schedules of one animation may say.

    num_frames: how many frames, 1 or more. seed: the `s` of formulas.
    math: whether a value that is not a number is a formula. keys_past_end: see build_series.
    """

    num_frames: int
    seed: int = 0
    math: bool = False
    keys_past_end: KeysPastEnd = "compress"


def parse_schedule(text: str, field: str, grammar: Grammar) -> tuple[Floats, list[Note]]:
    """The series of text, shape (num_frames,), finite, and notes on what may surprise.

    Raises ScheduleError naming field and column.
    """
    keyframes, notes = parse_keyframes(text, field, balanced=grammar.math)
    points = _points(keyframes, field, grammar)
    notes += _past_end(keyframes, points, field, grammar)
    return build_series(points, grammar.num_frames, grammar.keys_past_end), notes


def _points(keyframes: list[Keyframe], field: str, grammar: Grammar) -> dict[int, float]:
    """Frame -> value. A repeated frame keeps its first place and takes its last value."""
    written = {keyframe.frame: keyframe for keyframe in keyframes}
    in_order = sorted(written)
    points: dict[int, float] = {}
    num_formulas = num_characters = 0
    for frame, keyframe in written.items():
        if is_number(keyframe.text):
            points[frame] = _number(keyframe, field)
            continue
        num_formulas += 1
        num_characters += len(keyframe.text)
        _check_formula(keyframe, field, grammar, num_formulas, num_characters)
        after = bisect_right(in_order, frame)
        stop = min([*in_order[after : after + 1], grammar.num_frames])
        points.update(_formula(keyframe, stop, field, grammar))
    return points


def _check_formula(keyframe: Keyframe, field: str, grammar: Grammar, num_formulas: int, num_characters: int) -> None:
    if not grammar.math:
        raise ScheduleError(
            field,
            f"could not convert string to float: {quote(keyframe.text)} at column {keyframe.column}; "
            'a value is a number such as 1.04 (formulas need "math": true)',
            keyframe.column,
        )
    if num_formulas > MAX_FORMULAS:
        raise ScheduleError(field, f"more than {MAX_FORMULAS} formulas", keyframe.column)
    if num_characters > MAX_FORMULA_CHARACTERS:
        raise ScheduleError(
            field, f"formulas of more than {MAX_FORMULA_CHARACTERS} characters together", keyframe.column
        )


def _number(keyframe: Keyframe, field: str) -> float:
    value = float(keyframe.text)
    if not np.isfinite(value):
        raise ScheduleError(
            field,
            f"{quote(keyframe.text.strip())} at column {keyframe.column} is not a finite number",
            keyframe.column,
        )
    return value


def _formula(keyframe: Keyframe, stop: int, field: str, grammar: Grammar) -> dict[int, float]:
    """A formula holds from its key to the frame before the next key, as in Deforum's notebooks."""
    frames = range(keyframe.frame, max(stop, keyframe.frame + 1))
    t = np.asarray(frames, np.float64)
    values = evaluate(keyframe.text, t, grammar.num_frames - 1, grammar.seed, field, keyframe.column)
    return dict(zip(frames, values.tolist(), strict=True))


def _past_end(keyframes: list[Keyframe], points: dict[int, float], field: str, grammar: Grammar) -> list[Note]:
    last = grammar.num_frames - 1
    outside = [frame for frame in points if frame > last]
    if not outside or grammar.keys_past_end == "clip":
        return []
    winner = outside[-1]
    column = next(keyframe.column for keyframe in keyframes if keyframe.frame == winner)
    return [Note(field, f"key {winner} is past the last frame {last}; its value is reached at frame {last}", column)]
