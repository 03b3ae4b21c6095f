"""Claims work in a thread of its own: a database that is slow, locked or gone holds no frame up."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from structlog.contextvars import bound_contextvars

from dreamreel.boundary import carrying_on
from dreamreel.predictions.record import Prediction
from dreamreel.workers.runner import OUTAGES

log = logging.getLogger(__name__)
# How often to claim without a hint, and how often to write this worker's row.
IDLE_S, SAVE_S = 1.0, 10.0
# How long to claim nothing after the bucket or the database was out of order.
REST_S = 5.0


@dataclass(eq=False)
class Claimer:
    """claim: the next prediction, claimed. has_room, take: whether there is a slot for it, and what fills it.

    save: writes this worker's row with its state (`ready` or `draining`).
    """

    worker: str
    claim: Callable[[], Prediction | None]
    has_room: Callable[[], bool]
    take: Callable[[Prediction], None]
    save: Callable[[str], None]
    _hint: threading.Event = field(default_factory=threading.Event)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _next_claim: float = 0.0

    def start(self) -> None:
        """Begins to claim."""
        self._thread = threading.Thread(target=self._run, name="claims", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There may be work, or room for it."""
        self._hint.set()

    def rest(self) -> None:
        """Claims nothing for a while: something that work needs is out of order."""
        self._next_claim = time.monotonic() + REST_S

    def stop(self, patience_s: float) -> None:
        """Claims no more. Returns when a claim under way has ended, but after patience_s in any case."""
        self._stopping.set()
        self._hint.set()
        self._thread.join(patience_s)

    def _run(self) -> None:
        next_save = 0.0
        with bound_contextvars(worker=self.worker):
            while not self._stopping.is_set():
                self._hint.clear()
                is_saving = time.monotonic() >= next_save
                if is_saving:
                    next_save = time.monotonic() + SAVE_S
                with carrying_on(log, "worker %s: could not claim; trying again", self.worker):
                    self._claim(is_saving)
                self._hint.wait(IDLE_S)
            with contextlib.suppress(*OUTAGES):
                self.save("draining")

    def _claim(self, is_saving: bool) -> None:
        is_answered = False
        try:
            if is_saving:
                self.save("ready")
            self._fill()
            is_answered = True
        except OUTAGES as error:
            log.error("worker %s: the database does not answer: %s", self.worker, str(error).split("\n", 1)[0])
        finally:
            if not is_answered:
                self.rest()

    def _fill(self) -> None:
        while not self._stopping.is_set() and self.has_room() and time.monotonic() >= self._next_claim:
            prediction = self.claim()
            if prediction is None:
                return
            self.take(prediction)
