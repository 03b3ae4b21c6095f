"""The normals of a frame, drawn beforehand and taken one by one, no more and no fewer than were drawn."""

from torch import Tensor

from dreamreel.errors import EngineError


class Draws:
    """Gives each of (n, C, h, w) standard normals once, as (1, C, h, w). A DrawFn (denoiser.py).

    taker: who takes them, for the error: a sampler that takes another number than its row of sampling.SAMPLERS says
    would shift the noise of every frame after it.
    """

    def __init__(self, normals: Tensor, taker: str) -> None:
        self._parts = normals.split(1)
        self._taker = taker
        self._taken = 0

    def __call__(self) -> Tensor:
        """The next one. Raises EngineError if all are taken."""
        if self._taken == len(self._parts):
            raise EngineError(f"{self._taker} takes more random draws than the {len(self._parts)} of its frame")
        self._taken += 1
        return self._parts[self._taken - 1]

    def check_spent(self) -> None:
        """Raises EngineError if some were not taken. For the frame's end."""
        if self._taken < len(self._parts):
            raise EngineError(f"{self._taker} took {self._taken} of the {len(self._parts)} random draws of its frame")
