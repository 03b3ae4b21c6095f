"""Whether anything was written to a database file, by whichever process, without reading it."""

import sqlite3
import threading
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from dreamreel.storage.database import MEMORY


class Changes:
    """Asks SQLite's `data_version` on a connection of its own: it counts what all others commit."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known = engine.dialect.name == "sqlite" and str(engine.url) != MEMORY
        self._lock = threading.Lock()
        self._connection: Any = None
        self._cursor: Any = None

    def count(self) -> int | None:
        """Changes with every commit; None for databases that do not tell, or cannot be reached now."""
        if not self._known:
            return None
        try:
            with self._lock:
                if self._cursor is None:
                    self._connection = self._engine.raw_connection()
                    self._cursor = self._connection.cursor()
                return int(self._cursor.execute("PRAGMA data_version").fetchone()[0])
        except (sqlite3.Error, SQLAlchemyError):
            return None

    def close(self) -> None:
        """Gives the connection back."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = self._cursor = None
