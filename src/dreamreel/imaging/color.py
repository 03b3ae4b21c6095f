"""Colour coherence: give an image the colour distribution of a reference, channel by channel.

Source: replicate.py, `maintain_colors`, which calls scikit-image 0.19's `match_histograms`. An 8-bit
channel has 256 values, so the mapping is a table: byte-identical, and several times faster.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dreamreel.imaging import opencv as cv2
from dreamreel.imaging.hsv import HUES, hsv_to_rgb
from dreamreel.imaging.warp2d import Image

Space = Literal["RGB", "HSV", "LAB"]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class ColorMatch:
    """How to match: the colour space, and two repairs of the original that are off by default.

    unbiased: round the matched value; the original truncates it and loses half a level each time.
    circular_hue: treat hue as the circle it is; the original takes it for a line from 0 to 179.
    bgr: take red for blue and blue for red, as the A1111 extension does.
    """

    space: Space
    unbiased: bool = False
    circular_hue: bool = False
    bgr: bool = False


def count_levels(image: Image, match: ColorMatch) -> Counts:
    """How often each value occurs in each channel of image (H, W, 3) in match's space. Shape (3, 256)."""
    return _count(_converted(image, match))


def match_colors(image: Image, reference: Counts, match: ColorMatch) -> Image:
    """image (H, W, 3) with the colour distribution counted in reference, a result of count_levels."""
    converted = _converted(image, match)
    counts = _count(converted)
    tables = np.empty((1, 256, 3), np.uint8)
    for channel in range(3):
        circular = match.circular_hue and match.space == "HSV" and channel == 0
        build = _circular_table if circular else _table
        tables[0, :, channel] = build(counts[channel], reference[channel], match.unbiased)
    restored = _restored(np.asarray(cv2.LUT(converted, tables), np.uint8), match.space)
    return _reversed(restored) if match.bgr else restored


def _count(channels: Image) -> Counts:
    return np.stack([cv2.calcHist([channels], [c], None, [256], [0, 256]).ravel().astype(np.int64) for c in range(3)])


def _converted(image: Image, match: ColorMatch) -> Image:
    image = _reversed(image) if match.bgr else image
    if match.space == "RGB":
        return image
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2HSV if match.space == "HSV" else cv2.COLOR_RGB2LAB), np.uint8)


def _reversed(image: Image) -> Image:
    return np.ascontiguousarray(image[..., ::-1])


def _restored(image: Image, space: Space) -> Image:
    if space == "HSV":
        return hsv_to_rgb(image)
    return image if space == "RGB" else np.asarray(cv2.cvtColor(image, cv2.COLOR_LAB2RGB), np.uint8)


def _table(source: Counts, reference: Counts, unbiased: bool) -> NDArray[np.uint8]:
    """Value -> matched value, by equal cumulative share. Shape (256,)."""
    levels = np.flatnonzero(reference)
    shares = np.cumsum(reference[levels]) / reference.sum()
    matched = np.interp(np.cumsum(source) / source.sum(), shares, levels)
    return (np.rint(matched) if unbiased else matched).astype(np.uint8)


def _circular_table(source: Counts, reference: Counts, unbiased: bool) -> NDArray[np.uint8]:
    """_table on a hue circle that is cut opposite the reference's mean hue instead of at red."""
    angles = np.arange(HUES) * (2 * np.pi / HUES)
    mean = np.angle(np.sum(reference[:HUES] * np.exp(1j * angles))) / (2 * np.pi) * HUES
    shift = int(np.rint(mean)) - HUES // 2
    rolled = [np.pad(np.roll(counts[:HUES], -shift), (0, 256 - HUES)) for counts in (source, reference)]
    table = np.zeros(256, np.uint8)
    table[:HUES] = np.roll((_table(rolled[0], rolled[1], unbiased)[:HUES].astype(int) + shift) % HUES, shift)
    return table
