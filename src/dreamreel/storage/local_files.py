"""Files of predictions and uploads in a folder of this machine."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISREG
from types import TracebackType

from dreamreel.predictions.files import FilesError, from_os


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


def _not_gone(_call: object, _path: str, error: tuple[type[BaseException], BaseException, TracebackType]) -> None:
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
