"""Where the files of predictions and uploads lie: a folder, or a bucket. Keys are relative paths with `/`."""

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISREG
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from dreamreel.errors import DreamreelError, InputError

PREDICTIONS, UPLOADS = "predictions", "uploads"


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
        """A URL that gives the file to whoever has it, for so long; None if only we can."""


def open_files(url: str, folder: Path) -> Files:
    """The files of url (`s3://bucket/prefix`, `gs://bucket/prefix`, `file:///path`), or of folder if url is empty.

    Raises InputError and FilesError.
    """
    if not url:
        return LocalFiles(folder)
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc and parts.path:
        return LocalFiles(Path(unquote(parts.path)))
    if parts.scheme in ("s3", "gs") and parts.netloc:
        from dreamreel.predictions.bucket import BucketFiles

        return BucketFiles(url)
    raise InputError("files_url", f'must be s3://bucket/prefix, gs://bucket/prefix or file:///path, got "{url[:80]}"')


class LocalFiles:
    """Files in a folder. Workers write there themselves."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def _told(self, key: str = "") -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise from_os(error, str(self._folder / key)) from None

    def check(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FilesError(f"{self._folder} cannot be a folder: {error.strerror}") from None

    def path(self, key: str) -> Path | None:
        return self._folder / key

    def size(self, key: str) -> int | None:
        with self._told(key), suppress(FileNotFoundError, NotADirectoryError):
            found = (self._folder / key).stat()
            return found.st_size if S_ISREG(found.st_mode) else None
        return None

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        with self._told(key), suppress(*_NO_FILE), (self._folder / key).open("rb") as file:
            file.seek(start)
            while end is None or start < end:
                piece = file.read(PIECE if end is None else min(PIECE, end - start))
                if not piece:
                    return
                start += len(piece)
                yield piece

    def put(self, key: str, source: Path | bytes, content_type: str = "") -> None:  # noqa: ARG002 - names end in it
        target = self._folder / key
        part = target.with_name(f"{target.name}.part")
        with self._told(key):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                if isinstance(source, bytes):
                    part.write_bytes(source)
                else:
                    shutil.move(source, part)  # perhaps from another disk, piece by piece
                sync(part)
                part.replace(target)
            except OSError:
                part.unlink(missing_ok=True)
                raise
            sync(target.parent)

    def move(self, key: str, target: str) -> None:
        with self._told(key):
            (self._folder / key).replace(self._folder / target)

    def sizes(self, prefix: str) -> dict[str, int]:
        path = self._folder / prefix
        with self._told(prefix):
            keys = [
                file.relative_to(self._folder).as_posix() for file in (path.rglob("*") if path.is_dir() else [path])
            ]
        # What went meanwhile, such as a part of a file, is not there.
        return {key: size for key in keys if (size := self.size(key)) is not None}

    def delete(self, prefix: str) -> None:
        path = self._folder / prefix
        with self._told(prefix), suppress(FileNotFoundError, NotADirectoryError):
            if path.is_dir():
                shutil.rmtree(path, onerror=_not_gone)
            else:
                path.unlink()

    def address(self, key: str, seconds: int) -> str | None:  # noqa: ARG002 - a folder has no addresses
        return None


PIECE = 256 * 1024
_NO_FILE = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


def _not_gone(_call: object, _path: str, error: tuple[Any, Any, Any]) -> None:
    """What a folder's removal does with an error: an entry that is gone already is what was wanted."""
    if not isinstance(error[1], FileNotFoundError):
        raise error[1]


def sync(path: Path) -> None:
    """Puts a file, or the names in a folder, where a power cut leaves them. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def first_bytes(files: Files, key: str, start: int, limit: int) -> bytes:
    """At most limit bytes of a file from start on; none if it is shorter, or not there."""
    pieces: Sequence[bytes] = list(files.read(key, start, start + limit))
    return b"".join(pieces)
