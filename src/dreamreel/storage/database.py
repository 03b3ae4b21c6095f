"""A database URL -> an engine with a schema that fits the code."""

import re
import sqlite3
import threading
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from dreamreel.errors import DreamreelError
from dreamreel.storage.connections import HAS_TURN, LOCK_TIMEOUT_S, TURN, begin_writing, is_reading, json_text

MEMORY = "sqlite://"
CONNECT_TIMEOUT_S = 10
# An arbitrary number that is ours: two processes that migrate at the same time take turns.
_MIGRATION_LOCK = 0x647265616D
_MIGRATIONS = files("dreamreel.storage") / "migrations"


class DatabaseError(DreamreelError):
    """The database cannot be reached, or its schema is not the one this code knows."""


def open_store_engine(url: str, folder: Path) -> Engine:
    """The engine of the store: of url, or of the SQLite file in a data folder if url is empty.

    The file's schema is brought up to date, since it is nobody else's. A database that others may be
    using is only looked at: `dreamreel migrate` changes it when its operator says so.

    Raises DatabaseError.
    """
    engine = open_engine(url or sqlite_url(folder))
    if url:
        check_schema(engine)
    else:
        migrate(engine)
    return engine


def open_engine(url: str) -> Engine:
    """An engine for url (`sqlite:///path`, `sqlite://` for memory, `postgresql://...`).

    SQLite runs in WAL mode and fsyncs every commit, Postgres answers a commit when it is on its disk:
    what was accepted survives a power cut.

    Raises DatabaseError.
    """
    url = re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql+psycopg://", url)
    if not re.match(r"(sqlite|postgresql\+psycopg)://", url):
        raise DatabaseError(
            f'database "{_without_password(url)[:80]}" cannot be used: its URL begins with postgresql:// or sqlite:///'
        )
    options: dict[str, Any] = {"pool_size": 8, "max_overflow": 32}
    if url == MEMORY:
        # One connection, which holds the data; threads take turns with it.
        options = {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
        options["connect_args"] = {"check_same_thread": False}
    elif url.startswith("sqlite"):
        options["connect_args"] = {"timeout": LOCK_TIMEOUT_S}
    else:
        options |= {"pool_pre_ping": True, "connect_args": {"connect_timeout": CONNECT_TIMEOUT_S}}
    try:
        engine = create_engine(url, json_serializer=json_text, **options)
    except ImportError:
        raise DatabaseError('Postgres needs more packages: pip install "dreamreel[cluster]"') from None
    except SQLAlchemyError as error:
        raise DatabaseError(f"database {_without_password(url)} cannot be used: {error}") from None
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    else:
        _prepare_postgres(engine)
    return engine


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # BEGIN is ours: see below
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            f"busy_timeout={1000 * LOCK_TIMEOUT_S}",
            "foreign_keys=ON",
            # In KiB, of each of up to 40 connections: the files of a database are in the memory of the system anyway.
            "cache_size=-512",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    # SQLite sleeps, longer and longer, while the file is locked: threads of one process take turns by a lock instead.
    turn = threading.Lock()

    @event.listens_for(engine, "connect")
    def share_turn(_connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        record.info[TURN] = turn

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if not is_reading(connection):
            begin_writing(connection, connection.exec_driver_sql)

    @event.listens_for(engine, "checkin")
    def checkin(_connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        if record.info.pop(HAS_TURN, False):
            turn.release()


def _prepare_postgres(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def set_up(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        # Some servers are set to answer before a commit is on the disk.
        connection.autocommit = True
        connection.execute("SET synchronous_commit TO on")
        connection.autocommit = False


def migrate(engine: Engine) -> str:
    """Brings the schema up to this code's, and returns its revision.

    Raises DatabaseError if the schema is newer, or the database cannot be reached.
    """
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            if _current(connection) != newest_revision():
                upgrade(connection)
            return newest_revision()
    except DBAPIError as error:
        raise _unreachable(engine, error) from None


def check_schema(engine: Engine) -> None:
    """Raises DatabaseError unless the schema is this code's."""
    try:
        with engine.connect() as connection:
            current = _current(connection)
    except DBAPIError as error:
        raise _unreachable(engine, error) from None
    if current != newest_revision():
        raise DatabaseError(
            f"the database has {f'schema {current}' if current else 'no schema yet'}, this version of dreamreel "
            f"works with {newest_revision()}: run `dreamreel migrate`"
        )


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Runs the migrations up to that revision. Alembic is imported here: most processes find nothing to do."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def newest_revision() -> str:
    """That of this code."""
    return max(_revisions())


def _revisions() -> set[str]:
    """All that this code knows: files are named after theirs, in their order (`m0002_figures.py` is 0002)."""
    return {path.name[1:5] for path in (_MIGRATIONS / "versions").iterdir() if re.match(r"m[0-9]{4}_", path.name)}


def _current(connection: Connection) -> str | None:
    """The schema's revision, which lies where Alembic keeps it; None without one. Raises DatabaseError if unknown."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    current = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if current is not None and current not in _revisions():
        raise DatabaseError(
            f"the database has schema {current}, which this version of dreamreel does not know: "
            "it was used by a newer one; update dreamreel, or use another database"
        )
    return current


def _unreachable(engine: Engine, error: DBAPIError) -> DatabaseError:
    reason = str(error.orig).strip().split("\n", 1)[0]
    return DatabaseError(f"database {_without_password(str(engine.url))} cannot be reached: {reason}")


def sqlite_url(folder: Path) -> str:
    """The URL of the database in a data folder."""
    return f"sqlite:///{folder / 'dreamreel.db'}"


def _without_password(url: str) -> str:
    return re.sub(r"://([^:/@]+):[^@]*@", r"://\1:***@", url)
