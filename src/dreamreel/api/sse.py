"""Server-sent events from rows: whoever comes, early, late or again, reads the same ones in the same order."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from dreamreel.api.context import Context
from dreamreel.predictions.events import Event, Kind

KEEP_ALIVE_S = 10.0


@dataclass(frozen=True)
class Message:
    """One event of a stream. id: empty for none; data: without line breaks, or with them."""

    event: str
    data: str
    id: str = ""

    def encode(self) -> str:
        """The lines of the event, ended by an empty one."""
        lines = [f"event: {self.event}", *([f"id: {self.id}"] if self.id else [])]
        return "\n".join([*lines, *(f"data: {line}" for line in self.data.split("\n"))]) + "\n\n"


def answer(messages: AsyncIterator[str]) -> StreamingResponse:
    """The answer that sends messages as they come."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(messages, headers=headers, media_type="text/event-stream")


async def follow(context: Context, prediction_id: str, after: int) -> AsyncIterator[Sequence[Event]]:
    """The prediction's events behind `after`, in batches as they come, until it has completed.

    An empty batch is a pause: time to show that the connection lives. A reader that is slow is asked
    for nothing more until it has taken what it was given, and nothing is kept for it meanwhile.
    """
    tail = context.tails.take(prediction_id)
    try:
        async with context.wakeups.listen(prediction_id) as listener:
            while True:
                await tail.refresh(listener.topic.changes)
                events = await tail.since(after)
                if events:
                    after = events[-1].seq
                    yield events
                if any(event.kind is Kind.COMPLETED for event in events) or context.wakeups.closed:
                    return
                if not events and not await listener.wait(KEEP_ALIVE_S):
                    yield ()
    finally:
        context.tails.give_back(tail)


async def place_of(context: Context, prediction_id: str, last_event_id: str) -> int:
    """The seq to go on behind: of an event of this prediction, or 0 for an id that is none of its own."""
    number = last_event_id.rsplit(":", 1)[-1].strip()
    if not (number.isascii() and number.isdecimal() and len(number) < 18):
        return 0
    known = await run_in_threadpool(context.service.store.has_event, prediction_id, int(number))
    return int(number) if known else 0
