"""Whether files are still those that were read: by size and time, which costs nothing beside a digest."""

from collections.abc import Iterable, Mapping
from pathlib import Path

# Of a file: its size and when it was written.
Stamps = Mapping[Path, tuple[int, int]]


def stamps_of(paths: Iterable[Path]) -> Stamps:
    """Those of paths that are there, as they are now."""
    found = {}
    for path in paths:
        try:
            stat = path.stat()
        except OSError:
            continue
        found[path] = stat.st_size, stat.st_mtime_ns
    return found


def replaced(stamps: Stamps) -> Path | None:
    """The first file that is another by now. One that is gone is none: what was read of it is in memory."""
    now = stamps_of(stamps)
    return next((path for path, stamp in now.items() if stamp != stamps[path]), None)
