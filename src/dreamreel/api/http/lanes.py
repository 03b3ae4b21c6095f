"""Threads for work that takes processor time: few at once, and one at a time for each owner.

Python runs one thread at a time. Whatever else wants to run, such as the loop that answers everybody, waits a few
milliseconds for each thread that computes; and a client that sends a hundred large requests at once waits for its own.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeVar
from weakref import WeakValueDictionary

import anyio
from anyio import to_thread

T = TypeVar("T")
THREADS = 2


class Lanes:
    """run() waits its turn among the owner's own, then for one of the threads."""

    def __init__(self, threads: int = THREADS) -> None:
        self._threads = anyio.CapacityLimiter(threads)
        self._turns: WeakValueDictionary[str, anyio.Lock] = WeakValueDictionary()

    async def run(self, owner: str, function: Callable[..., T], *args: object) -> T:
        """The result of function(*args), worked out in a thread."""
        turn = self._turns.get(owner)
        if turn is None:
            turn = self._turns[owner] = anyio.Lock()
        async with turn:
            return await to_thread.run_sync(partial(function, *args), limiter=self._threads)
