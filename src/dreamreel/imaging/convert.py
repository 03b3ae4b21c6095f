"""Image (uint8 levels) -> sample, the [-1, 1] scale of the VAE, and back, with the original's rounding."""

import numpy as np
from numpy.typing import NDArray

from dreamreel.imaging import opencv as cv2
from dreamreel.imaging.warp2d import Image, Picture


def to_sample(image: Image, contrast: float) -> NDArray[np.float32]:
    """image (H, W, 3) times contrast as (1, 3, H, W) float32, rounded to float16: replicate.py, `sample_from_cv2`.

    The product is neither clipped nor rounded before the float16, as in the original. It depends on
    the level alone, so 256 results are computed and looked up.
    """
    levels = np.arange(256) * contrast
    table = (((levels / 255.0) * 2) - 1).astype(np.float16).astype(np.float32)
    sample = np.empty((1, 3, *image.shape[:2]), np.float32)
    for plane, levels in zip(sample[0], cv2.split(image), strict=True):
        cv2.LUT(levels, table, dst=plane)
    return sample


def to_picture(sample: NDArray[np.float32], unbiased: bool = False, exact: bool = False) -> Picture:
    """A decoder's output (3, H, W) float32 as levels (H, W, 3) uint8: the animation's state.

    exact: as float32, with their fractions. Source: replicate.py, `sample_to_cv2`; levels are cut, not rounded, unless
    unbiased.
    """
    levels = sample * 0.5
    levels += 0.5
    np.clip(levels, 0, 1, out=levels)
    levels *= 255
    if unbiased:
        np.rint(levels, out=levels)
    # Much faster than copying the transposed array.
    picture: Picture = cv2.merge(list(levels if exact else levels.astype(np.uint8)))
    return picture
