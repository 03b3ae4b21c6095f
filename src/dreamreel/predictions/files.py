"""Where the files of predictions and uploads lie: a folder, or a bucket. Keys are relative paths with `/`."""

import errno
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from dreamreel.errors import DreamreelError

PREDICTIONS, UPLOADS = "predictions", "uploads"
# In a prediction's folder while it is drawn: what its frame is to become, and the mark that somebody wants to see that.
DRAWING, WATCHED = "drawing.json", "watched"


class FilesError(DreamreelError):
    """Files cannot be reached now; the same may succeed later."""


class NoRoomError(FilesError):
    """There is no room for a file."""


def from_os(error: OSError, what: str) -> FilesError:
    """What the system says of a file or folder, in a sentence."""
    kind = NoRoomError if error.errno in (errno.ENOSPC, errno.EDQUOT) else FilesError
    return kind(f"{what} cannot be kept or read: {error.strerror or error}")


def prediction_key(prediction_id: str, name: str) -> str:
    """The key of a prediction's file."""
    return f"{PREDICTIONS}/{prediction_id}/{name}"


def upload_key(upload_id: str) -> str:
    """The key of an upload."""
    return f"{UPLOADS}/{upload_id}"


class Files(Protocol):
    """What both kinds promise. Safe to call from several threads.

    Every method raises FilesError, and nothing else, where files cannot be reached, read or written; path() never does.
    tests/contract holds both to that, and to what is said of files that are not there.
    """

    def check(self) -> None:
        """Raises FilesError unless they can be reached."""

    def path(self, key: str) -> Path | None:
        """Where a file lies, or will, if it is an ordinary one on a disk; None in a bucket."""

    def size(self, key: str) -> int | None:
        """Bytes of a file; None if there is none, or a folder."""

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """A file's bytes from start to before end, in pieces; nothing if there is no such file.

        FilesError may come with any piece.
        """

    def put(self, key: str, source: Path | bytes, content_type: str = "application/octet-stream") -> None:
        """Keeps a file, whole or not at all; once this returns it survives what the store survives.

        source: its bytes, or an ordinary file, which may be moved. NoRoomError where there is no room.
        """

    def move(self, key: str, target: str) -> None:
        """Gives a file another key, in the place of what has it. FilesError also if there is no such file."""

    def sizes(self, prefix: str) -> dict[str, int]:
        """Bytes of the file of that key, or of all below it, by key."""

    def delete(self, prefix: str) -> None:
        """Removes the file of that key, and all below it; nothing if there is none."""

    def address(self, key: str, seconds: int) -> str | None:
        """A URL by which anyone can read the file, for so many seconds; None if only this server can."""


def first_bytes(files: Files, key: str, start: int, limit: int) -> bytes:
    """At most limit bytes of a file from start on; none if it is shorter, or not there."""
    pieces: Sequence[bytes] = list(files.read(key, start, start + limit))
    return b"".join(pieces)
