"""Hints between processes through Postgres' LISTEN and NOTIFY: those that wait look at once, not within a second.

A hint says where to look and is nothing by itself: it may get lost, and the store is the truth. So hints
are sent behind the transactions they speak of, many in one statement, and without waiting for a disk:
a NOTIFY holds a lock on the whole database until its transaction has ended.
"""

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger(__name__)
# A prediction changed: for those who watch it. There may be work, or a cancel: for workers.
CHANGED, WORK = "dreamreel_changed", "dreamreel_work"
RETRY_S = 1.0
_LOOK_S = 1.0

_SEND = text("SELECT pg_notify(:channel, id) FROM unnest(CAST(:ids AS text[])) AS id")


class Notifications:
    """Sends and hears hints in threads of its own; goes on by itself when the database comes back.

    engine: of Postgres. heard: called for each hint on a channel that is listened to, by
    prediction id, and of an empty id after a gap in which anything may have been missed.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._errors: tuple[type[BaseException], ...] = (SQLAlchemyError, engine.dialect.loaded_dbapi.Error)
        self._waiting: queue.SimpleQueue[tuple[str, str] | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._threads = [self._start(self._send_all)]

    def _start(self, run: Callable[..., None], *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=run, args=arguments, name="notices", daemon=True)
        thread.start()
        return thread

    def send(self, channel: str, prediction_id: str) -> None:
        """Hints at a prediction, soon; never waits and never fails."""
        self._waiting.put((channel, prediction_id))

    def listen(self, channel: str, heard: Callable[[str], None]) -> None:
        """Hears hints from now on."""
        self._threads.append(self._start(self._listen, channel, heard))

    def close(self) -> None:
        """Sends what waits to be sent, and ends."""
        self._stop.set()
        self._waiting.put(None)
        for thread in self._threads:
            thread.join(2 * _LOOK_S)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """A connection, until it breaks: that is logged, and costs a pause."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except self._errors as error:
            if not self._stop.is_set():
                log.warning("hints from the database are interrupted: %s", str(error).split("\n", 1)[0])
                self._stop.wait(RETRY_S)

    def _send_all(self) -> None:
        is_last = False
        while not (is_last or self._stop.is_set()):
            with self._connected() as connection:
                connection.detach()  # or the next one to borrow it would not wait for the disk either
                connection.execute(text("SET synchronous_commit TO off"))
                while not is_last:
                    hints, is_last = self._take()
                    for channel in (CHANGED, WORK):
                        if ids := [hint[1] for hint in hints if hint[0] == channel]:
                            connection.execute(_SEND, {"channel": channel, "ids": ids})

    def _take(self) -> tuple[list[tuple[str, str]], bool]:
        """What waits, each hint once; waits for one. Also: whether nothing will come after it."""
        found = [self._waiting.get()]
        while not self._waiting.empty():
            found.append(self._waiting.get())
        return list(dict.fromkeys(hint for hint in found if hint is not None)), None in found

    def _listen(self, channel: str, heard: Callable[[str], None]) -> None:
        while not self._stop.is_set():
            with self._connected() as connection:
                connection.detach()
                driver: Any = connection.connection.dbapi_connection
                driver.execute(f"LISTEN {channel}")
                heard("")
                while not self._stop.is_set():
                    for notice in driver.notifies(timeout=_LOOK_S):
                        heard(notice.payload)
