"""What only shows when the series are worked out: motion that draws garbage, steps that do not exist."""

import numpy as np
from numpy.typing import NDArray

from dreamreel.diffusion.counts import is_possible
from dreamreel.errors import InputError
from dreamreel.schedule.series import Floats

SMALLEST_ZOOM = 1e-6
# Beyond these the warp's fixed-point coordinates or the sample's float16 overflow.
LARGEST = {
    "angle": 1e9,
    "zoom": 1e6,
    "translation_x": 1e6,
    "translation_y": 1e6,
    "noise_schedule": 1e4,
    "contrast_schedule": 1e4,
}


def check_motion(series: dict[str, Floats]) -> None:
    """Raises InputError where a matrix cannot be inverted or a value overflows.

    series: schedule field -> (N,) float64, finite.
    """
    zoom = series["zoom"]
    _refuse("zoom", zoom, zoom <= 0, "must be above 0, is {value:g} at frame {frame}; 1.0 stands still")
    _refuse(
        "zoom", zoom, zoom < SMALLEST_ZOOM, f"{{value:g}} at frame {{frame}} is below the smallest, {SMALLEST_ZOOM:g}"
    )
    for name, largest in LARGEST.items():
        values = series[name]
        _refuse(name, values, np.abs(values) > largest, f"{{value:g}} at frame {{frame}} is beyond {largest:g}")


def check_sampler(sampler: str, num_steps: int, steps: NDArray[np.int64]) -> None:
    """Raises InputError where ddim's table of timesteps does not reach.

    num_steps: of a frame drawn from nothing. steps: (N,), of each frame.
    """
    if sampler != "ddim":
        return
    if not is_possible(num_steps):
        other = next(count for count in range(num_steps, 0, -1) if is_possible(count))
        raise InputError("steps", f"ddim has no {num_steps} steps: the last would be t = 1000 of 999; use {other}")
    from_nothing = np.flatnonzero(steps[1:] >= steps[0]) + 1
    if len(from_nothing):
        raise InputError(
            "strength_schedule",
            f"0 at frame {from_nothing[0]} leaves nothing to keep, which ddim cannot start from; "
            f"use at least {1 / num_steps:g}, or another sampler",
        )


def _refuse(name: str, values: Floats, where: NDArray[np.bool_], sentence: str) -> None:
    if where.any():
        frame = int(np.flatnonzero(where)[0])
        raise InputError(name, sentence.format(value=values[frame], frame=frame))
