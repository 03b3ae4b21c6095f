"""Connections of an engine: the one place where an outage of the database becomes a StoreError."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from dreamreel.predictions.store import StoreError

_READS = "dreamreel_reads"
# What a statement of ours does wrong. All else is the database's: it is gone, only reads since it changed its part in a
# cluster (psycopg's InternalError), or its file is damaged (SQLite's DatabaseError).
_OURS = (DataError, IntegrityError, NotSupportedError, ProgrammingError)


class Connections:
    """What the classes of this package read and write through. locks_rows: whether the database has row locks."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.locks_rows = engine.dialect.name == "postgresql"
        self._read = engine.execution_options(**_reading(engine))

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: committed at the end, rolled back if something is raised. Raises StoreError."""
        with _own_errors(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Single SELECTs, without a transaction, and so without waiting for a writer. Raises StoreError."""
        with _own_errors(), self._read.connect() as connection:
            yield connection

    def close(self) -> None:
        """Gives connections back."""
        self.engine.dispose()


def json_text(value: object) -> str:
    """value as databases keep it: as it was written, so that Cyrillic takes a third of its escaped form.

    Halves of pairs, which UTF-8 cannot hold, are escaped.
    """
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


def is_reading(connection: Connection) -> bool:
    """Whether a connection came from reading()."""
    return bool(connection.get_execution_options().get(_READS))


def _reading(engine: Engine) -> dict[str, object]:
    return {_READS: True} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}


@contextmanager
def _own_errors() -> Iterator[None]:
    try:
        yield
    except _OURS:
        raise
    except (DBAPIError, PoolTimeoutError) as error:
        raise StoreError(str(error).split("\n", 1)[0]) from error
