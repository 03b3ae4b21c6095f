"""Threads for work that takes processor time: few at once, and one at a time for each owner.

Python runs one thread at a time. Whatever else wants to run, such as the loop that answers everybody, waits a few
milliseconds for each thread that computes; and a client that sends a hundred large requests at once waits for its own.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import TypeVar
from weakref import WeakValueDictionary

import anyio
from anyio import to_thread

T = TypeVar("T")
THREADS = 2
# For all other requests, most of which wait for the database. Each of the framework's own 40 that reads a large
# prediction would compute for some milliseconds at a time, and the loop's turn would come after all of theirs.
OTHER_THREADS = 8
# For small bodies: what they ask for takes a millisecond or two, and in a create a wait for the disk.
BRISK_THREADS = 4


def bound_other_threads() -> None:
    """Bounds the threads of what does not run in lanes. Called in the loop."""
    to_thread.current_default_thread_limiter().total_tokens = OTHER_THREADS


class BriskThreads:
    """Threads for much that is small: asyncio hands work over for a third of what anyio takes, 0.1 ms against 0.3.

    Unlike there, who is canceled meanwhile does not wait for the end of it.
    """

    def __init__(self, threads: int = BRISK_THREADS) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="brisk")

    async def run(self, function: Callable[..., T], *args: object) -> T:
        """The result of function(*args), worked out in a thread, whose log lines say what the caller's do."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(copy_context().run, function, *args))


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
