"""A worker's heartbeat: a thread of its own prolongs the leases, so that a long network call loses none.

The heartbeat stops, and ends the process, when the worker has made no progress for too long: another process then
claims what the hanging one had.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dreamreel.boundary import carrying_on
from dreamreel.predictions.service import Clock
from dreamreel.predictions.store import Store
from dreamreel.workers.runner import OUTAGES

log = logging.getLogger(__name__)
STALLED_EXIT = 70
# How often to look for cancels without a hint.
LOOK_S = 0.25


@dataclass(frozen=True)
class News:
    """What a beat found. canceled, lost: predictions that the worker should let go of."""

    canceled: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()


def end_process() -> None:
    """Ends the process at once: its threads may hang where no exception reaches them."""
    os._exit(STALLED_EXIT)


@dataclass(eq=False)
class Heartbeat:
    """Beats for one worker. wake: set by others to make it look now; a cancel or new work may be waiting.

    held: the predictions that the worker holds. progress_at: when what is slowest of it did a step, by monotonic time.
    pulse: called at each beat, for a watcher outside of this process. on_news: called when there is something to take,
    and after each beat and hint.
    """

    store: Store
    worker: str
    lease_s: float
    stall_s: float
    clock: Clock
    wake: threading.Event
    held: Callable[[], frozenset[str]]
    progress_at: Callable[[], float]
    on_stall: Callable[[], None] = end_process
    pulse: Callable[[], None] = lambda: None
    on_news: Callable[[], None] = lambda: None
    _news: News = field(default_factory=News)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _is_out: bool = False  # whether the database did not answer the last time

    def start(self) -> None:
        """Begins to beat."""
        threading.Thread(target=self._run, name="heart", daemon=True).start()

    def stop(self) -> None:
        """Beats no more."""
        self._stop.set()
        self.wake.set()

    def take_news(self) -> News:
        """What beats found since the last time."""
        with self._lock:
            news, self._news = self._news, News()
        return news

    def lease_end(self) -> datetime:
        """When a lease that is taken or prolonged now runs out."""
        return self.clock() + timedelta(seconds=self.lease_s)

    def _run(self) -> None:
        next_beat = 0.0
        while not self._stop.is_set():
            hinted = self.wake.wait(LOOK_S)
            self.wake.clear()
            if self._stop.is_set():
                return
            if self.held() and time.monotonic() - self.progress_at() > self.stall_s:
                log.critical(
                    "worker %s: no progress for %g s; ending so that others can go on", self.worker, self.stall_s
                )
                self.on_stall()
                return
            is_due = time.monotonic() >= next_beat
            with carrying_on(log, "worker %s: could not beat; trying again", self.worker):
                if self._is_answered(is_due) and is_due:
                    next_beat, hinted = time.monotonic() + self.lease_s / 3, True
            if hinted:
                self.on_news()

    def _is_answered(self, is_due: bool) -> bool:
        """Looks for cancels, and beats if that is due. False while the database does not answer."""
        try:
            self._look()
            if is_due:
                self._beat()
        except OUTAGES as error:
            if not self._is_out:  # four times a second: one line for each time that the database goes away
                log.error("worker %s: could not beat: %s; trying again", self.worker, str(error).split("\n", 1)[0])
            self._is_out = True
            return False
        self._is_out = False
        return True

    def _look(self) -> None:
        held = self.held()
        if held and (canceled := self.store.cancel_requested(held)):
            self._tell(News(canceled=canceled))

    def _beat(self) -> None:
        self.pulse()
        if held := self.held():
            kept = self.store.beat(self.worker, held, self.lease_end())
            if held - kept:
                self._tell(News(lost=held - kept))

    def _tell(self, news: News) -> None:
        with self._lock:
            self._news = News(self._news.canceled | news.canceled, self._news.lost | news.lost)
        self.on_news()
