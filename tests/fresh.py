"""A store with nothing in it, in a blink: the file of one that was migrated once is copied."""

import functools
import tempfile
from pathlib import Path

from dreamreel.storage.database import migrate, open_engine, sqlite_url
from dreamreel.storage.sql import SqlStore


def fresh_store(data):
    """The store in the data folder, as `migrate` leaves it; one that is there already is opened."""
    data.mkdir(parents=True, exist_ok=True)
    file = Path(sqlite_url(data).removeprefix("sqlite:///"))
    if file.exists():
        engine = open_engine(sqlite_url(data))
        migrate(engine)
        return SqlStore(engine)
    file.write_bytes(_migrated())
    return SqlStore(open_engine(sqlite_url(data)))


@functools.cache
def _migrated():
    with tempfile.TemporaryDirectory() as folder:
        url = sqlite_url(Path(folder))
        engine = open_engine(url)
        migrate(engine)
        engine.dispose()  # the last connection takes the write-ahead log into the file
        return Path(url.removeprefix("sqlite:///")).read_bytes()
