"""A database URL -> an engine with a schema that fits the code."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from dreamreel.errors import DreamreelError

MEMORY = "sqlite://"


class DatabaseError(DreamreelError):
    """The database cannot be reached, or its schema is not the one this code knows."""


def open_engine(url: str) -> Engine:
    """An engine for url (`sqlite:///path`, `sqlite://` for memory, `postgresql://...`).

    SQLite runs in WAL mode and fsyncs every commit: what was accepted survives a power cut.

    Raises DatabaseError.
    """
    url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)
    options: dict[str, Any] = {"pool_pre_ping": True}
    if url == MEMORY:
        # One connection, which holds the data; threads take turns with it.
        options = {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
        options["connect_args"] = {"check_same_thread": False}
    elif url.startswith("sqlite"):
        options = {"pool_size": 8, "max_overflow": 32, "connect_args": {"timeout": 30}}
    try:
        engine = create_engine(url, **options)
    except (SQLAlchemyError, ImportError) as error:
        raise DatabaseError(f"database {_without_password(url)} cannot be used: {error}") from None
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    return engine


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours: see below
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # Taking the write lock at the start: a reader that turns writer would fail where a writer waits.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def migrate(engine: Engine) -> None:
    """Brings the schema up to this code's. Raises DatabaseError if it is newer or cannot be reached."""
    try:
        with engine.begin() as connection:
            config = _alembic(connection)
            current = MigrationContext.configure(connection).get_current_revision()
            known = {revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()}
            if current is not None and current not in known:
                raise DatabaseError(
                    f"the database has schema {current}, which this version of dreamreel does not know: "
                    "it was used by a newer one; update dreamreel, or use another database"
                )
            command.upgrade(config, "head")
    except DBAPIError as error:
        reason = str(error.orig).strip().split("\n", 1)[0]
        raise DatabaseError(f"database {_without_password(str(engine.url))} cannot be reached: {reason}") from None


def _alembic(connection: Any) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("dreamreel.predictions") / "migrations"))
    config.attributes["connection"] = connection
    return config


def sqlite_url(folder: Path) -> str:
    """The URL of the database in a data folder."""
    return f"sqlite:///{folder / 'dreamreel.db'}"


def _without_password(url: str) -> str:
    return re.sub(r"://([^:/@]+):[^@]*@", r"://\1:***@", url)
