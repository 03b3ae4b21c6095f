"""Connections of an engine: the one place where an outage of the database becomes a StoreError."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.engine.interfaces import DBAPICursor, DBAPIModule
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import PoolProxiedConnection

from dreamreel.predictions.store import StoreError

_READS = "dreamreel_reads"
# What the pool keeps with a connection to SQLite: the lock by which threads take turns, and whether it is held.
TURN, HAS_TURN = "dreamreel_turn", "dreamreel_has_turn"
LOCK_TIMEOUT_S = 30
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
    def writing_directly(self) -> Iterator[DBAPICursor]:
        """The same on the driver's own cursor, for statements written once (raw_statements.py). Raises StoreError.

        What SQLAlchemy does around a transaction and its statements takes longer than both take in SQLite.
        """
        dialect = self.engine.dialect
        with _own_errors(), self._named_errors():
            connection = self.engine.raw_connection()
            try:
                cursor = connection.cursor()
                if dialect.name == "sqlite":
                    begin_writing(connection, cursor.execute)
                yield cursor
                connection.commit()
            except self._driver_error as error:
                if dialect.is_disconnect(error, connection.dbapi_connection, None):
                    connection.invalidate()
                raise
            finally:
                connection.close()  # which rolls back what was not committed

    @property
    def _driver_error(self) -> "type[DBAPIModule.Error]":
        """The base of all errors of the driver."""
        return self.engine.dialect.loaded_dbapi.Error

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        """Gives errors of the driver the names that they have everywhere else in this package."""
        try:
            yield
        except self._driver_error as error:
            raise DBAPIError.instance(None, None, error, self._driver_error, dialect=self.engine.dialect) from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Single SELECTs, without a transaction, and so without waiting for a writer. Raises StoreError."""
        with _own_errors(), self._read.connect() as connection:
            yield connection

    def close(self) -> None:
        """Gives connections back."""
        self.engine.dispose()


def begin_writing(connection: Connection | PoolProxiedConnection, execute: Callable[[str], object]) -> None:
    """Begins a transaction of SQLite that writes, by execute, when it is this thread's turn.

    Taking the write lock at the start: a reader that turns writer would fail where a writer waits.
    """
    connection.info[HAS_TURN] = connection.info[TURN].acquire(timeout=LOCK_TIMEOUT_S)
    execute("BEGIN IMMEDIATE")


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
