"""One prediction's own stream of random numbers; every draw of it is behaviour."""

import torch
from torch import Tensor


class NoiseSource:
    """A CPU generator, so that a seed means the same on every device.

    It gives the stream of PyTorch's global CPU generator after `torch.manual_seed(seed)`; values can
    differ in the last bits between CPU instruction sets.
    """

    def __init__(self) -> None:
        self._generator = torch.Generator()

    def reseed(self, seed: int) -> None:
        """Begin the stream of seed, 0 .. 2**32 - 1."""
        self._generator.manual_seed(seed)

    def draw(self, shape: tuple[int, ...]) -> Tensor:
        """The next standard normals of the stream, float32 on the CPU."""
        return torch.randn(shape, generator=self._generator)

    def save(self) -> bytes:
        """Where in its stream it is; 5056 bytes."""
        return self._generator.get_state().numpy().tobytes()

    @classmethod
    def load(cls, state: bytes) -> "NoiseSource":
        """The source that save() described."""
        source = cls()
        source._generator.set_state(torch.frombuffer(bytearray(state), dtype=torch.uint8))
        return source
