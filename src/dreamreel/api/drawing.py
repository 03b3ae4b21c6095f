"""The frame that a worker draws just now, for one who watches it (workers/watching.py writes what is read here)."""

import time
from dataclasses import dataclass
from pathlib import Path

from dreamreel.predictions.files import DRAWING, WATCHED

# Seconds between two times that the mark is made fresh.
MARK_S = 10.0
# Of a picture with its frame. What is larger was written by nobody here.
MOST_BYTES = 1 << 18


@dataclass(eq=False)
class Drawing:
    """folder: the prediction's. data: the newest picture as JSON, or empty."""

    folder: Path
    data: str = ""
    _seen: int = 0
    _marked: float = float("-inf")

    def is_new(self) -> bool:
        """Whether there is a picture that was not seen so far; says to the worker that somebody watches."""
        try:
            if time.monotonic() - self._marked > MARK_S:
                (self.folder / WATCHED).touch()
                self._marked = time.monotonic()
            path = self.folder / DRAWING
            stat = path.stat()
            if stat.st_mtime_ns == self._seen or stat.st_size > MOST_BYTES:
                return False
            self._seen, self.data = stat.st_mtime_ns, path.read_text("ascii")
        except (OSError, UnicodeDecodeError):  # no worker has made the folder, or it ended
            return False
        return True

    def take(self) -> str:
        """The picture that was found last; empty if it was taken."""
        data, self.data = self.data, ""
        return data
