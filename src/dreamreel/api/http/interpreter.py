"""How the server's process shares its time and its memory, so that one client's work is not felt by the others.

Measured by `./run bench hostile`; the figures are in docs/performance.md.
"""

import ctypes
import gc
import sys

# Seconds after which a thread that computes lets the others run. The loop that answers everybody waits for its turn
# several times in each request, which Python's own 5 ms make 20 ms beside two threads that compute.
TURN_S = 0.0005
# Objects made between two looks for garbage, Python's own number: the command line starts with more (cli/main.py), and
# everybody would feel such rounds.
OBJECTS = 700
# mallopt(3) of glibc. By itself the allocator takes the largest body that it ever freed (up to 32 MB) for a size worth
# keeping, and keeps it in as many arenas as there are threads. Limits that are set stay as they are.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
LARGE, ARENAS = 128 * 1024, 2


def share_time_and_memory() -> None:
    """Short turns, and memory of large requests that goes back to the system. Called before any thread starts."""
    sys.setswitchinterval(TURN_S)
    for option, value in ((_M_MMAP_THRESHOLD, LARGE), (_M_TRIM_THRESHOLD, LARGE), (_M_ARENA_MAX, ARENAS)):
        _glibc("mallopt", option, value)


def keep_what_is_there() -> None:
    """Takes all objects that there are now out of the garbage collector's rounds.

    A full round walks every object and lets no other thread run meanwhile: some 100 ms for those of a server that has
    just started, which stay for as long as it lives. The rounds are short from here on.
    """
    gc.set_threshold(OBJECTS)
    gc.collect()
    gc.freeze()


def give_back_memory() -> None:
    """Returns what the allocator holds and nothing uses. It takes milliseconds, in which other threads run."""
    _glibc("malloc_trim", 0)


def _glibc(name: str, *arguments: int) -> None:
    """Calls a function of glibc; does nothing where the C library is another."""
    function = getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
    if function is not None:
        function(*arguments)
