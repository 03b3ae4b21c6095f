"""A stream of random numbers; every draw of it is behaviour."""

import math
from collections.abc import Callable
from functools import cache
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dreamreel.diffusion.normals import BLOCK, Float32s, normals
from dreamreel.diffusion.philox import philox_normals


class Source(Protocol):
    """A stream of standard normals that a seed begins."""

    def draw(self, shape: tuple[int, ...]) -> Tensor:
        """The next of the stream, float32 on the CPU."""


class PhiloxSource:
    """The stream of PyTorch's CUDA generator after `torch.manual_seed(seed)`, made on the CPU (philox.py)."""

    def __init__(self, seed: int) -> None:
        self._seed, self._calls = seed, 0

    def draw(self, shape: tuple[int, ...]) -> Tensor:
        """The next standard normals, as one call of `torch.randn` gives them on a card."""
        self._calls += 1
        return torch.from_numpy(philox_normals(self._seed, self._calls - 1, math.prod(shape))).reshape(shape)


class NoiseSource:
    """A CPU generator, so that a seed (0 .. 2**32 - 1) means the same on every device and every machine.

    It gives the stream of PyTorch's global CPU generator after `torch.manual_seed(seed)`, with the bits that this
    has on a CPU with AVX2.
    """

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)

    def draw(self, shape: tuple[int, ...]) -> Tensor:
        """The next standard normals of the stream, float32 on the CPU.

        Fewer than 16 are the first of 16. (PyTorch has another way for so few, by the system's own logarithm; no
        picture has so few latents.)
        """
        count = math.prod(shape)
        if count >= BLOCK and torch_has_these_bits():
            return torch.randn(shape, generator=self._generator)
        return torch.from_numpy(_make(count, self._generator)).reshape(shape)

    def uniforms(self, shape: tuple[int, ...]) -> Float32s:
        """The next numbers in [0, 1) of the stream, multiples of 2**-24."""
        return np.asarray(torch.rand(shape, generator=self._generator).numpy())


@cache
def torch_has_these_bits() -> bool:
    """Whether PyTorch takes, on this CPU, the kernel whose bits `normals` gives: it is six times as fast."""
    ours = _make(1000 * BLOCK, torch.Generator().manual_seed(0))
    return np.array_equal(ours, torch.randn(len(ours), generator=torch.Generator().manual_seed(0)).numpy())


def _make(count: int, generator: torch.Generator) -> Float32s:
    """As ATen's normal_fill: in blocks; if count is no multiple of one, the last 16 are made of new numbers."""
    if count < BLOCK:
        return _make(BLOCK, generator)[:count]
    numbers, whole = _numbers(count, generator), count - count % BLOCK
    made = np.empty(count, np.float32)
    made[:whole] = normals(numbers[:whole])
    if whole < count:
        made[-BLOCK:] = normals(_numbers(BLOCK, generator))
    return made


def _numbers(count: int, generator: torch.Generator) -> NDArray[np.uint32]:
    """The next integers below 2**24, which PyTorch divides by that to have uniforms."""
    uniforms = torch.rand(count, generator=generator).numpy()
    return (uniforms * np.float32(2**24)).astype(np.uint32)


# By the value of the input `noise_source`.
SOURCES: dict[str, Callable[[int], Source]] = {"cpu": NoiseSource, "philox": PhiloxSource}
