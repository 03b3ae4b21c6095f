"""What the numbers of a field may be: one check for every schedule, whoever reads it.

What can only fail is refused, with the frame and what can be drawn. What is drawn, and was hardly meant, is noted.
"""

from collections.abc import Iterator
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from dreamreel.animation.field import Field, Usual
from dreamreel.errors import InputError
from dreamreel.schedule.notes import Note
from dreamreel.schedule.series import Floats


def check_series(own: Field, values: Floats) -> list[Note]:
    """A note on the first of values (N,) that is unusual, where one is.

    Raises InputError where values pass the limits of their field, naming the first frame.
    """
    low, high = float(values.min()), float(values.max())
    if own.is_factor and low <= 0:
        _refuse(own, values, values <= 0, "must be above 0, is {value:g} at frame {frame}; 1.0 stands still")
    if own.minimum is not None and low < own.minimum:
        smallest = f"{{value:g}} at frame {{frame}} is below the smallest, {own.minimum:g}{_range(own)}"
        _refuse(own, values, values < own.minimum, smallest)
    if own.maximum is not None and high > own.maximum:
        beyond = f"{{value:g}} at frame {{frame}} is beyond {own.maximum:g}{_range(own)}"
        _refuse(own, values, values > own.maximum, beyond)
    usual = own.usual
    if usual is None or usual.least <= low <= high <= usual.most:
        return []
    frame = int(np.flatnonzero((values < usual.least) | (values > usual.most))[0])
    return [Note(own.name, f"{values[frame]:g} at frame {frame} {_outside(usual, float(values[frame]))}")]


def unusual(own: Field, value: float) -> Iterator[Note]:
    """A note on the value of a field of numbers, where it is unusual."""
    usual = own.usual
    if usual is not None and not usual.least <= value <= usual.most:
        yield Note(own.name, f"{value:g} {_outside(usual, value)}")


def _outside(usual: Usual, value: float) -> str:
    if np.isfinite(usual.least) and np.isfinite(usual.most):
        return f"is outside {usual.least:g} to {usual.most:g}: {usual.meaning}"
    return f"is {f'below {usual.least:g}' if value < usual.least else f'above {usual.most:g}'}: {usual.meaning}"


def _range(own: Field) -> str:
    if own.minimum is None or own.maximum is None:
        return ""
    return f"; {own.minimum:g} to {own.maximum:g} can be drawn"


def _refuse(own: Field, values: Floats, where: NDArray[np.bool_], sentence: str) -> NoReturn:
    frame = int(np.flatnonzero(where)[0])
    raise InputError(own.name, sentence.format(value=values[frame], frame=frame))
