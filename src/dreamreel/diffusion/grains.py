"""The random numbers that the A1111 extension lays over pictures, from a generator that each frame seeds."""

import numpy as np

from dreamreel.diffusion.cells import Cells, grain_size
from dreamreel.diffusion.noise import NoiseSource
from dreamreel.diffusion.normals import Float32s


def draw_grains(seed: int, width: int, height: int, cells: Cells | None) -> tuple[Float32s, list[Float32s]]:
    """Normals (3, h, w) = grain_size, and the angles of each octave of clouds in turns, (rows + 1, columns + 1)."""
    source = NoiseSource(seed)
    normals = source.draw((3, *grain_size(width, height))).numpy()
    angles = []
    for octave in range(cells.octaves if cells else 0):
        assert cells is not None
        angles.append(source.uniforms((cells.rows * 2**octave + 1, cells.columns * 2**octave + 1)))
    return normals, [np.asarray(each) for each in angles]
