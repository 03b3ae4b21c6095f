"""The ways between keys: straight lines, splines through all of them, and a smooth way that goes beyond none."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Interp = Literal["linear", "quadratic", "cubic", "smooth"]
_DEGREES = {"quadratic": 2, "cubic": 3}


def join(frames: Sequence[int], values: Sequence[float], num_frames: int, interp: Interp = "linear") -> Floats:
    """(num_frames,), the value at each frame: held before the first of frames (rising) and after the last.

    quadratic, cubic: B-splines through every key, as pandas and SciPy make them; they swing beyond keys. With too few
    keys for one it is a line, as in the A1111 extension. smooth: monotone cubics (Fritsch and Carlson 1980), which
    stand still at a key that is a top or a bottom, and stay between the keys.
    """
    x, y = np.asarray(frames, np.float64), np.asarray(values, np.float64)
    every = np.arange(num_frames, dtype=np.float64)
    degree = _DEGREES.get(interp, 1)
    if interp == "linear" or len(x) <= degree or len(x) == 1:
        return np.interp(every, x, y)
    inside = np.clip(every, x[0], x[-1])
    return _monotone(x, y, inside) if interp == "smooth" else _spline(x, y, inside, degree)


def _monotone(x: Floats, y: Floats, at: Floats) -> Floats:
    """Cubic Hermite pieces whose slopes at keys are weighted harmonic means of the lines' at each side."""
    steps = np.diff(x)
    lines = np.diff(y) / steps
    slopes = np.zeros(len(x))
    slopes[0], slopes[-1] = lines[0], lines[-1]
    before, after = lines[:-1], lines[1:]
    rising = before * after > 0
    first, second = 2 * steps[1:] + steps[:-1], steps[1:] + 2 * steps[:-1]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        means = (first + second) / (first / before + second / after)
    slopes[1:-1] = np.where(rising, means, 0.0)
    piece = np.clip(np.searchsorted(x, at, "right") - 1, 0, len(steps) - 1)
    share, step = (at - x[piece]) / steps[piece], steps[piece]
    low, high = y[piece], y[piece + 1]
    turn = share**2 * (3 - 2 * share)
    bend = slopes[piece] * (1 - share) - slopes[piece + 1] * share
    return low + (high - low) * turn + step * share * (1 - share) * bend


def _spline(x: Floats, y: Floats, at: Floats, degree: int) -> Floats:
    """The B-spline of that degree through all keys: not-a-knot, or for even degrees knots halfway between keys."""
    inner = x[2:-2] if degree == 3 else ((x[1:] + x[:-1]) / 2)[1:-1]
    knots = np.concatenate([np.repeat(x[0], degree + 1), inner, np.repeat(x[-1], degree + 1)])
    firsts, bases = _bases(knots, x, degree)
    weights = _solve(firsts, bases, y)
    firsts, bases = _bases(knots, at, degree)
    return sum((bases[:, each] * weights[firsts + each] for each in range(degree + 1)), np.zeros(len(at)))


def _bases(knots: Floats, at: Floats, degree: int) -> tuple[NDArray[np.int64], Floats]:
    """(index of the first, values (len(at), degree + 1)) of the basis functions that are not 0 (de Boor 1978)."""
    last = len(knots) - degree - 2
    span = np.clip(np.searchsorted(knots, at, "right") - 1, degree, last)
    values = np.zeros((len(at), degree + 1))
    values[:, 0] = 1.0
    for order in range(1, degree + 1):
        kept = np.zeros(len(at))
        for each in range(order):
            right, left = knots[span + each + 1], knots[span + each + 1 - order]
            part = values[:, each] / (right - left)
            values[:, each] = kept + (right - at) * part
            kept = (at - left) * part
        values[:, order] = kept
    return span - degree, values


def _solve(firsts: NDArray[np.int64], bases: Floats, y: Floats) -> Floats:
    """Weights (N,) with which the functions give y. Gauss on a band; such a matrix needs no pivots (de Boor 1978)."""
    width = bases.shape[1]
    rows = [
        dict(zip(range(first, first + width), row, strict=True))
        for first, row in zip(firsts.tolist(), bases.tolist(), strict=True)
    ]
    right = y.tolist()
    for column in range(len(rows)):
        pivot = rows[column]
        for below in range(column + 1, min(column + width, len(rows))):
            factor = rows[below].pop(column, 0.0) / pivot[column]
            if factor:
                for place, value in pivot.items():
                    if place > column:
                        rows[below][place] = rows[below].get(place, 0.0) - factor * value
                right[below] -= factor * right[column]
    for column in range(len(rows) - 1, -1, -1):
        known = sum(value * right[place] for place, value in rows[column].items() if place > column)
        right[column] = (right[column] - known) / rows[column][column]
    return np.asarray(right)
