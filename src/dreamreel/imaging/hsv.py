"""HSV -> RGB, on every CPU and at every width to the bit that OpenCV gives on a CPU with AVX2.

OpenCV fuses products with sums there and nowhere else, and where a row is no multiple of 32 pixels (16 without AVX2) it
rounds the last ones instead of cutting them: a seam at the right edge that grows from frame to frame. The original drew
no such widths, and ran on such CPUs.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from dreamreel.imaging.warp2d import Image

HUES = 180  # OpenCV's 8-bit hue counts half degrees
_SCALE = np.float32(1 / 255)
# Of each sixth of the circle: which of the shares below red, green and blue take.
_SECTORS = ((0, 3, 1), (2, 0, 1), (1, 0, 3), (1, 2, 0), (3, 1, 0), (0, 1, 2))


def hsv_to_rgb(image: Image) -> Image:
    """image (H, W, 3) of hues below 180, saturations and values -> the same in RGB."""
    places = image[..., 0].astype(np.intp) * 256 + image[..., 1]
    values = image[..., 2] * _SCALE
    out = np.empty_like(image)
    for channel, shares in enumerate(_shares()):
        level = shares.take(places)
        level *= values
        level *= np.float32(255)
        out[..., channel] = level  # cut, as OpenCV does
    return out


@cache
def _shares() -> NDArray[np.float32]:
    """(3, 180 * 256): how much of a colour's value red, green and blue are, by hue and saturation."""
    saturation = np.arange(256, dtype=np.float32) * _SCALE
    shares = np.empty((3, HUES, 256), np.float32)
    for hue in range(HUES):
        sixths = np.float32(hue) * np.float32(6 / HUES)
        sector = int(sixths)
        into = sixths - np.float32(sector)
        choice = (
            np.ones_like(saturation),
            np.float32(1) - saturation,
            _less(saturation, into),
            _less(saturation, np.float32(1) - into),
        )
        for channel, taken in enumerate(_SECTORS[sector]):
            shares[channel, hue] = choice[taken]
    return shares.reshape(3, -1)


def _less(saturation: NDArray[np.float32], part: np.float32) -> NDArray[np.float32]:
    """1 - saturation * part, rounded once: in float64 the product is exact, and no sum is rounded to a tie there."""
    return (1 - saturation.astype(np.float64) * np.float64(part)).astype(np.float32)
