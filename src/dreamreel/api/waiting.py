"""Waking those that wait for a prediction: hints from this process and from workers, truth from the store."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator


class Topic:
    """A prediction that listeners wait for. changes: how many hints there were."""

    def __init__(self) -> None:
        self.changes = 0
        self.listeners: set[Listener] = set()

    def hint(self) -> None:
        """Something about the prediction may have changed."""
        self.changes += 1
        for listener in self.listeners:
            listener.hinted.set()


class Listener:
    """Waits for the hints of a topic."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.hinted = asyncio.Event()

    async def wait(self, seconds: float) -> bool:
        """Returns at the next hint (at once if one came since the last wait), or after so many seconds: False."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.hinted.wait(), seconds)
        was_hinted = self.hinted.is_set()
        self.hinted.clear()
        return was_hinted


class Wakeups:
    """Hints by prediction id. publish() may be called from any thread.

    anything: set whenever any prediction may have changed; its one listener clears it.
    closed: the server is about to end.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._topics: defaultdict[str, Topic] = defaultdict(Topic)
        self.closed = False
        self.anything = asyncio.Event()

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """The loop that listeners live on."""
        self._loop = loop

    def publish(self, prediction_id: str) -> None:
        """Something about the prediction may have changed; with an empty id, about any."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake, prediction_id)

    def close(self) -> None:
        """Wakes everybody for the last time: the server is about to end."""
        self.closed = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake_all)

    def _wake_all(self) -> None:
        for topic in list(self._topics.values()):
            topic.hint()

    def _wake(self, prediction_id: str) -> None:
        self.anything.set()
        if not prediction_id:
            self._wake_all()
        elif prediction_id in self._topics:
            self._topics[prediction_id].hint()

    @contextlib.asynccontextmanager
    async def listen(self, prediction_id: str) -> AsyncIterator[Listener]:
        """A listener for every hint about the prediction."""
        topic = self._topics[prediction_id]
        listener = Listener(topic)
        topic.listeners.add(listener)
        try:
            yield listener
        finally:
            topic.listeners.discard(listener)
            if not topic.listeners:
                del self._topics[prediction_id]
