"""The random numbers that the A1111 extension lays over pictures, from a generator that each frame seeds."""

from dataclasses import dataclass

import numpy as np

from dreamreel.diffusion.noise import NoiseSource
from dreamreel.diffusion.normals import Float32s

# The extension cuts the sides of its noise to multiples of it.
MULTIPLE = 64


@dataclass(frozen=True)
class Cells:
    """Of clouds: rows, columns of the widest, and how many octaves."""

    rows: int
    columns: int
    octaves: int


def grain_size(width: int, height: int) -> tuple[int, int]:
    """(height, width) of the noise for a picture: the multiples of 64 below, at least 64."""
    return max(height - height % MULTIPLE, MULTIPLE), max(width - width % MULTIPLE, MULTIPLE)


def draw_grains(seed: int, width: int, height: int, cells: Cells | None) -> tuple[Float32s, list[Float32s]]:
    """Normals (3, h, w) = grain_size, and the angles of each octave of clouds in turns, (rows + 1, columns + 1)."""
    source = NoiseSource(seed)
    normals = source.draw((3, *grain_size(width, height))).numpy()
    angles = []
    for octave in range(cells.octaves if cells else 0):
        assert cells is not None
        angles.append(source.uniforms((cells.rows * 2**octave + 1, cells.columns * 2**octave + 1)))
    return normals, [np.asarray(each) for each in angles]
