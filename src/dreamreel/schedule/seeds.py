"""The seed of each diffused frame, by the family's behaviours. Source: `next_seed` of the extension and of 0.7."""

from collections.abc import Callable
from random import Random

import numpy as np
from numpy.typing import NDArray

LARGEST = 2**32 - 1
Seeds = NDArray[np.int64]
# The first seed, how many, how many frames a seed lasts, and what is random -> (num,), not yet cut to 32 bits.
Behavior = Callable[[int, int, int, Random], Seeds]


def _iter(start: int, num: int, every: int, _: Random) -> Seeds:
    """One more after every so many; the first seed lasts for one frame only."""
    return start + (np.arange(num) + every - 1) // every


def _stepping(*steps: int) -> Behavior:
    def behavior(start: int, num: int, _every: int, _: Random) -> Seeds:
        return start + np.cumsum((0, *np.resize(steps, num)))[:num]

    return behavior


def _random(start: int, num: int, _: int, numbers: Random) -> Seeds:
    return np.array([start, *(numbers.randint(0, LARGEST) for _ in range(num - 1))], np.int64)


BEHAVIORS: dict[str, Behavior] = {
    "iter": _iter,
    "fixed": _stepping(0),
    "random": _random,
    "ladder": _stepping(2, -1),
    "alternate": _stepping(1, -1),
}


def seeds(behavior: str, start: int, num_frames: int, every: int = 1) -> Seeds:
    """(num_frames,), 0 .. LARGEST, from start on. every: for iter, how many frames a seed lasts, 1 or more.

    What is random follows from start, so that a film can be drawn again.
    """
    return BEHAVIORS[behavior](start, num_frames, every, Random(start)) % (LARGEST + 1)
