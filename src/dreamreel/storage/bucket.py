"""Files in a bucket of S3 or Google, through obstore.

Only its calls that block: those for asyncio can crash a process that is ending (measured, obstore 0.12).
Credentials come from the environment, as the providers' own tools take them (AWS_*, GOOGLE_*). Calls are
tried again for PATIENCE where the provider is out of order.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from dreamreel.errors import DreamreelError
from dreamreel.predictions.files import FilesError
from dreamreel.storage.local_files import PIECE

try:
    import obstore
    from obstore.exceptions import BaseError
    from obstore.store import from_url
except ImportError:
    raise DreamreelError('a bucket needs more packages: pip install "dreamreel[cluster]"') from None

# How long after a call began it may be tried again: for a hiccup. In a longer outage the call fails: a client gets
# a 503, and a worker gives its predictions back, which it can do while it still holds them. A call that is not
# answered at all ends after obstore's 30 s, so that none takes longer than the two together.
PATIENCE = timedelta(seconds=10)
_RETRIES = {
    "max_retries": 20,  # more than PATIENCE has room for
    "retry_timeout": PATIENCE,
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=2), "base": 2},
}


class BucketFiles:
    """Files below the prefix of url. Raises FilesError if it makes no sense."""

    def __init__(self, url: str) -> None:
        self._url = url
        with self._told():
            self._store: Any = from_url(url, retry_config=_RETRIES)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Says in a sentence what a provider says in pages."""
        try:
            yield
        except (BaseError, OSError) as error:
            reason = str(error).split("\n", 1)[0][:300]
            raise FilesError(f"{self._url} cannot be reached: {reason}") from None

    def check(self) -> None:
        """Raises FilesError unless it can be listed."""
        with self._told():
            next(iter(obstore.list(self._store, "predictions/none", chunk_size=1)), None)

    def path(self, key: str) -> Path | None:  # noqa: ARG002 - nothing in a bucket has one
        return None

    def size(self, key: str) -> int | None:
        with self._told(), suppress(FileNotFoundError):
            return int(obstore.head(self._store, key)["size"])
        return None

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        size = self.size(key)
        if size is None or start >= min(size, size if end is None else end):
            return
        wanted = (start, size if end is None else min(end, size))
        with self._told(), suppress(FileNotFoundError):
            found = obstore.get(self._store, key, options={"range": wanted})
            for piece in found.stream(min_chunk_size=PIECE):
                yield bytes(piece)

    def put(self, key: str, source: Path | bytes, content_type: str = "application/octet-stream") -> None:
        with self._told():
            obstore.put(self._store, key, source, attributes={"Content-Type": content_type})

    def move(self, key: str, target: str) -> None:
        with self._told():
            obstore.rename(self._store, key, target)

    def sizes(self, prefix: str) -> dict[str, int]:
        with self._told():
            found = {each["path"]: each["size"] for page in obstore.list(self._store, prefix) for each in page}
        if found:
            return found
        size = self.size(prefix)
        return {} if size is None else {prefix: size}

    def delete(self, prefix: str) -> None:
        keys = list(self.sizes(prefix))
        with self._told(), suppress(FileNotFoundError):  # another process was first
            if keys:
                obstore.delete(self._store, keys)

    def address(self, key: str, seconds: int) -> str | None:
        with self._told():
            return str(obstore.sign(self._store, "GET", key, timedelta(seconds=seconds)))
