"""Creates that were accepted and never answered: the client repeats them and must not get a second prediction.

Clients that mark a repetition (`x-stainless-retry-count`, `Idempotency-Key`) are recognised by the store
(predictions/service.py); this is for those that do not, such as a browser whose connection broke. Not covered is a
repetition that reaches another server.
"""

import threading
import time
from dataclasses import dataclass, field

WINDOW_S = 60.0
MOST = 1000


@dataclass(eq=False)
class UnansweredCreates:
    """Predictions whose client hung up before the answer. One process's memory: what is lost with it is drawn twice."""

    _kept: dict[tuple[str, str], tuple[str, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, owner: str, mark: str, prediction_id: str, now: float | None = None) -> None:
        """Remembers a prediction whose client got no answer. mark: equal for equal requests."""
        with self._lock:
            if len(self._kept) >= MOST:
                self._kept.pop(next(iter(self._kept)))
            self._kept[owner, mark] = prediction_id, time.monotonic() if now is None else now

    def take(self, owner: str, mark: str, now: float | None = None) -> str | None:
        """The prediction to answer the same request with, once; None if it is a new one."""
        with self._lock:
            prediction_id, at = self._kept.pop((owner, mark), ("", 0.0))
        now = time.monotonic() if now is None else now
        return prediction_id if prediction_id and now - at < WINDOW_S else None
