"""A stream of random numbers; every draw of it is behaviour."""

import torch
from torch import Tensor


class NoiseSource:
    """A CPU generator, so that a seed (0 .. 2**32 - 1) means the same on every device.

    It gives the stream of PyTorch's global CPU generator after `torch.manual_seed(seed)`; values can
    differ in the last bits between CPU instruction sets.
    """

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)

    def draw(self, shape: tuple[int, ...]) -> Tensor:
        """The next standard normals of the stream, float32 on the CPU."""
        return torch.randn(shape, generator=self._generator)
