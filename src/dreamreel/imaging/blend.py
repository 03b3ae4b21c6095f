"""One picture faded into another, as the A1111 extension (8 bits, rounded) and the notebook 0.7 (floats, cut) do it."""

import numpy as np

from dreamreel.imaging.warp2d import Image, Picture


def mixed(old: Picture, new: Picture, share: float) -> Picture:
    """(H, W, 3) floats: share of new, the rest of old."""
    return old * (1.0 - share) + new * share


def rounded(levels: Picture) -> Image:
    """(H, W, 3) uint8, rounded half to even."""
    return np.rint(levels).astype(np.uint8)


def cut(levels: Picture) -> Image:
    """(H, W, 3) uint8 without fractions."""
    return levels.astype(np.uint8, copy=False)


def halved(levels: Picture) -> Image:
    """The same after a trip through half precision in [-1, 1], which costs 127 of the 256 levels one.

    Source: the notebook's `sample_from_cv2` and `sample_to_cv2`.
    """
    sample = ((levels.astype(np.float64) / 255.0) * 2 - 1).astype(np.float16).astype(np.float32)
    return ((sample * 0.5 + 0.5).clip(0, 1) * 255).astype(np.uint8)
