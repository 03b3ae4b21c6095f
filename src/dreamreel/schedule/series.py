"""Keyframes -> one float for each frame, as pandas interpolated them for the original.

Source: replicate.py, `get_inbetweens` with `interp_spline = "Linear"`, the only value it can have.
"""

from typing import Literal

import numpy as np

from dreamreel.schedule.in_betweens import Floats as Floats
from dreamreel.schedule.in_betweens import Interp, join

KeysPastEnd = Literal["compress", "clip", "ignore"]


def build_series(
    points: dict[int, float], num_frames: int, keys_past_end: KeysPastEnd = "compress", interp: Interp = "linear"
) -> Floats:
    """Joined between keys (in_betweens.py), held before the first and after the last. Shape (num_frames,).

    points: frame -> value, in the order in which frames were first written, at least one.
    keys_past_end: what a key at num_frames or later does. `compress` is the original: the one
    written last becomes the value of the last frame, in place of that frame's own key. `clip`
    keeps the slope towards it. `ignore` is the notebooks' and the A1111 extension's way.
    """
    if len(points) == num_frames and list(points) == list(range(num_frames)):
        return np.fromiter(points.values(), np.float64, num_frames)  # a formula says them all
    if keys_past_end != "compress":
        frames = [frame for frame in sorted(points) if keys_past_end == "clip" or frame < num_frames]
        return join(frames, [points[frame] for frame in frames], num_frames, interp)
    inside = {frame: value for frame, value in points.items() if frame < num_frames}
    outside = [value for frame, value in points.items() if frame >= num_frames]
    first = inside[min(inside)] if inside else outside[0]
    last = outside[-1] if outside else inside[max(inside)]
    # pandas assigns element 0 first and element n-1 after it, so with one frame the last wins.
    fixed = {**inside}
    fixed.setdefault(0, first)
    fixed[num_frames - 1] = last
    frames = sorted(fixed)
    return join(frames, [fixed[frame] for frame in frames], num_frames, interp)
