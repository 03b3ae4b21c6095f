"""The newest events of a prediction, read once for all who listen to it."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool

from dreamreel.predictions.events import Event, Kind
from dreamreel.predictions.store import Store

BATCH = 200
KEPT = 600
# Hints can get lost between processes: look at least this often.
STALE_S = 2.0


@dataclass(eq=False)
class EventBuffer:
    """The last events of one prediction. since() never waits; refresh() reads what is new.

    is_gone: whether the prediction was deleted.
    """

    store: Store
    prediction_id: str
    events: list[Event] = field(default_factory=list)
    begins_after: int = 0
    listeners: int = 0
    is_gone: bool = False
    _seen: int = -1
    _read_at: float = 0.0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def refresh(self, changes: int) -> None:
        """Reads new events, unless that was done since so many changes were hinted at."""
        async with self._lock:
            if self._seen == changes and time.monotonic() - self._read_at < STALE_S:
                return
            self._seen, self._read_at = changes, time.monotonic()
            num_known = len(self.events)
            while not self.is_complete:
                last = self.events[-1].seq if self.events else self.begins_after
                new = await run_in_threadpool(self.store.events, self.prediction_id, last, BATCH)
                self.events.extend(new)
                if len(new) < BATCH:
                    break
            # Every prediction has events, of which the last one stays: this one was deleted.
            if len(self.events) == num_known and not self.is_complete:
                self.is_gone = not await run_in_threadpool(self.store.events, self.prediction_id, 0, 1)
            if len(self.events) > KEPT:
                self.begins_after = self.events[-KEPT - 1].seq
                self.events = self.events[-KEPT:]

    @property
    def is_complete(self) -> bool:
        """Whether the last event there will be is among them."""
        return bool(self.events) and self.events[-1].kind is Kind.COMPLETED

    async def since(self, seq: int) -> Sequence[Event]:
        """Events behind seq, at most BATCH of them; older ones than are kept come from the store."""
        if seq < self.begins_after:
            return await run_in_threadpool(self.store.events, self.prediction_id, seq, BATCH)
        start = len(self.events)
        while start > 0 and self.events[start - 1].seq > seq:
            start -= 1
        return self.events[start : start + BATCH]


class EventBuffers:
    """EventBuffers by prediction, kept while they have listeners."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._event_buffers: dict[str, EventBuffer] = {}

    def take(self, prediction_id: str) -> EventBuffer:
        """The prediction's tail, for a listener more."""
        tail = self._event_buffers.setdefault(prediction_id, EventBuffer(self._store, prediction_id))
        tail.listeners += 1
        return tail

    def give_back(self, tail: EventBuffer) -> None:
        """A listener less."""
        tail.listeners -= 1
        if tail.listeners == 0:
            self._event_buffers.pop(tail.prediction_id, None)
