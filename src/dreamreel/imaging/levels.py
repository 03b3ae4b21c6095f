"""A picture's levels: contrast, and the sharpening that keeps a film from blurring away.

Sources: the A1111 extension (`unsharp_mask`, the render loop) and the notebook 0.7, which differ in rounding.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dreamreel.imaging import opencv as cv2
from dreamreel.imaging.warp2d import Image

Pixels = NDArray[Any]
# image, contrast -> levels: (H, W, 3) uint8, or floats that are still to be cut
ContrastFn = Callable[[Image, float], Pixels]


def wrapped_contrast(image: Image, contrast: float) -> Image:
    """Levels times contrast, rounded; what passes 255 begins again at 0, as in the A1111 extension."""
    table = np.rint(np.arange(256) * contrast).astype(np.int64) & 255
    return np.asarray(cv2.LUT(image, table.astype(np.uint8)), np.uint8)


def clipped_contrast(image: Image, contrast: float) -> Image:
    """Levels times contrast, rounded and cut to 0 .. 255."""
    table = np.clip(np.rint(np.arange(256) * contrast), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(image, table), np.uint8)


def uncut_contrast(image: Image, contrast: float) -> NDArray[np.float64]:
    """Levels times contrast as float64, as in the notebook, where sharpening rounds and cuts them."""
    return image.astype(np.float64) * contrast


def sharpen(levels: Pixels, kernel: int, sigma: float, amount: float, threshold: float, wraps: bool = False) -> Image:
    """levels (H, W, 3), uint8 or float64, away from their Gaussian blur by amount, rounded half to even and cut.

    kernel: of the blur, odd, pixels; 0 takes one that fits sigma. threshold: levels; whatever the blur changes by less
    stays as it is. wraps: takes that difference in uint8, where a darker pixel's is large, as the A1111 extension does.
    """
    blurred = cv2.GaussianBlur(levels, (kernel, kernel), sigma)
    sharper = np.clip((amount + 1.0) * levels - float(amount) * blurred, 0, 255)
    made = np.rint(sharper).astype(np.uint8)
    if threshold > 0:
        difference = levels - blurred if wraps else levels.astype(np.float64) - blurred
        near = np.absolute(difference) < threshold
        np.copyto(made, np.rint(np.clip(levels, 0, 255)).astype(np.uint8), where=near)
    return made
