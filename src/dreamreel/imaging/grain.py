"""Noise laid over 8-bit pictures: grains, even or in clouds. Source: the A1111 extension, `noise.py`."""

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from dreamreel.imaging import opencv as cv2
from dreamreel.imaging.warp2d import Image

Float32s = NDArray[np.float32]


def cloud(angles: Float32s, shape: tuple[int, int]) -> Float32s:
    """(height, width) = shape, Perlin noise of about [-1, 1]. angles: (rows + 1, columns + 1), whole turns in [0, 1).

    rows and columns, of cells, divide height and width.
    """
    turned = angles * np.float32(2 * np.pi)
    # Rounded once from float64: the same on every machine.
    slopes = [
        np.cos(turned.astype(np.float64)).astype(np.float32),
        np.sin(turned.astype(np.float64)).astype(np.float32),
    ]
    places = [_within(side, angles.shape[axis], axis) for axis, side in enumerate(shape)]
    corners = {(a, b): _towards(slopes, places, shape, a, b) for a, b in product((0, 1), repeat=2)}
    fade_y, fade_x = (_fade(place) for place in places)
    left, right = (_between(corners[0, b], corners[1, b], fade_y) for b in (0, 1))
    return np.float32(np.sqrt(2)) * _between(left, right, fade_x)


def clouds(angles: Sequence[Float32s], persistence: float, shape: tuple[int, int]) -> Float32s:
    """Octaves of clouds, each of angles twice as fine and persistence as strong as the one before. (height, width)."""
    total = np.zeros(shape, np.float32)
    for octave, each in enumerate(angles):
        total += np.float32(persistence**octave) * cloud(each, shape)
    return total


def grain(normals: Float32s, field: Float32s | None) -> Image:
    """(h, w, 3) uint8 levels about 127 of normals (3, h, w). field (h, w): clouds, how strong they are where."""
    noise = normals if field is None else normals * ((field + np.float32(1)) / np.float32(2))
    levels = np.clip((noise + np.float32(1)) / np.float32(2), 0, 1) * np.float32(255)
    return np.ascontiguousarray(levels.astype(np.uint8).transpose(1, 2, 0))


def lay_over(image: Image, grains: Image, amount: float) -> Image:
    """image (H, W, 3), amount of it replaced by grains, which are resized to it by repeating pixels."""
    if grains.shape != image.shape:
        grains = np.asarray(
            cv2.resize(grains, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_NEAREST), np.uint8
        )
    return _mixed(image, grains, amount)


def _mixed(below: Image, above: Image, amount: float) -> Image:
    """OpenCV's addWeighted as it is with AVX2, on every machine; without, it is a level off here and there.

    Of the two products in float32 one is rounded before they are summed, the other is not.
    """
    levels = np.arange(256, dtype=np.float64)
    rounded = (levels * np.float32(amount)).astype(np.float32).astype(np.float64)
    summed = ((levels * np.float32(1 - amount))[below] + rounded[above]).astype(np.float32)
    return np.clip(np.rint(summed), 0, 255).astype(np.uint8)


def _within(side: int, count: int, axis: int) -> Float32s:
    """Where along an axis each pixel is in its cell, [0, 1), as a column or a row."""
    cells = count - 1
    place = (np.arange(side, dtype=np.float64) * (cells / side)).astype(np.float32) % np.float32(1)
    return place[:, None] if axis == 0 else place[None, :]


def _towards(slopes: list[Float32s], places: list[Float32s], shape: tuple[int, int], down: int, along: int) -> Float32s:
    """How far each pixel lies in the direction of the slope at one corner of its cell."""
    found = []
    for slope in slopes:
        rows, columns = slope.shape[0] - 1, slope.shape[1] - 1
        part = slope[down : down + rows, along : along + columns]
        found.append(part.repeat(shape[0] // rows, 0).repeat(shape[1] // columns, 1))
    y, x = places[0] - np.float32(down), places[1] - np.float32(along)
    return y * found[0] + x * found[1]


def _fade(t: Float32s) -> Float32s:
    exact = t.astype(np.float64)
    # Rounded once: powers in float32 depend on the machine.
    cube, fourth, fifth = ((exact**3 * each).astype(np.float32) for each in (1, exact, exact * exact))
    return np.float32(6) * fifth - np.float32(15) * fourth + np.float32(10) * cube


def _between(start: Float32s, end: Float32s, weight: Float32s) -> Float32s:
    """torch.lerp: from the nearer end."""
    return np.where(weight < 0.5, start + weight * (end - start), end - (end - start) * (np.float32(1) - weight))
