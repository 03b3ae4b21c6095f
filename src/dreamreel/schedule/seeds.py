"""The seed of each diffused frame, by the family's behaviours. Source: `next_seed` of the extension and of 0.7."""

from collections.abc import Callable, Iterator
from itertools import count, cycle, islice, repeat
from random import Random

LARGEST = 2**32 - 1
Behavior = Callable[[int, int, Random], Iterator[int]]


def _iter(start: int, every: int, _: Random) -> Iterator[int]:
    """One more after every so many; the first seed lasts for one frame only."""
    yield start
    for each in count(start + 1):
        yield from repeat(each, every)


def _stepping(*steps: int) -> Behavior:
    def behavior(start: int, _every: int, _: Random) -> Iterator[int]:
        yield start
        for step in cycle(steps):
            start += step
            yield start

    return behavior


def _random(start: int, _: int, numbers: Random) -> Iterator[int]:
    yield start
    while True:
        yield numbers.randint(0, LARGEST)


BEHAVIORS: dict[str, Behavior] = {
    "iter": _iter,
    "fixed": _stepping(0),
    "random": _random,
    "ladder": _stepping(2, -1),
    "alternate": _stepping(1, -1),
}


def seeds(behavior: str, start: int, num_frames: int, every: int = 1) -> list[int]:
    """(num_frames,), from start on. every: for iter, how many frames a seed lasts, 1 or more.

    What is random follows from start, so that a film can be drawn again.
    """
    return list(islice(BEHAVIORS[behavior](start, every, Random(start)), num_frames))
