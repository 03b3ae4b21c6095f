"""Server-sent events from rows: every reader, early, late or reconnected, gets the same events in the same order."""

import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from dreamreel.api.context import Context
from dreamreel.api.http.keys import IsOpen
from dreamreel.api.squeeze import may_squeeze, squeezed_stream
from dreamreel.predictions.events import Event, Kind

KEEP_ALIVE_S = 10.0
PIECE = 32_000
_LINE_BREAK = re.compile(r"\r\n|\n|\r")
RESPONSES: dict[int | str, dict[str, Any]] = {
    204: {"description": "`Last-Event-ID` is that of the last event: nothing comes any more."}
}


@dataclass(frozen=True)
class Message:
    """One event of a stream. id: empty for none; data: without line breaks, or with them."""

    event: str
    data: str
    id: str = ""

    def encode(self) -> str:
        """The lines of the event, ended by an empty one."""
        lines = [f"event: {self.event}", *([f"id: {self.id}"] if self.id else [])]
        return "\n".join([*lines, *(f"data: {line}" for line in _LINE_BREAK.split(self.data))]) + "\n\n"


def answer(messages: AsyncIterator[str], headers: Mapping[str, str]) -> StreamingResponse:
    """The answer that sends messages as they come."""
    sent = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", **headers}
    return StreamingResponse(messages, headers=sent, media_type="text/event-stream")


def answer_squeezed(
    request: Request, messages: AsyncGenerator[str, None], headers: Mapping[str, str]
) -> StreamingResponse:
    """The same, compressed where the client takes that: messages that repeat addresses become a fifth."""
    varies = {**headers, "Vary": "Accept-Encoding"}
    if not may_squeeze(request):
        return answer(messages, varies)
    response = answer(messages, {**varies, "Content-Encoding": "gzip"})
    response.body_iterator = squeezed_stream(messages)
    return response


def nothing_more(headers: Mapping[str, str]) -> Response:
    """The answer to a reader that has had the last event; its status keeps browsers from connecting again."""
    return Response(status_code=204, headers={"Cache-Control": "no-store", **headers})


def in_pieces(messages: Iterable[str]) -> Iterator[str]:
    """messages joined, in pieces of about PIECE characters: what a reader does not take is not kept at once."""
    piece = ""
    for message in messages:
        piece += message
        if len(piece) >= PIECE:
            yield piece
            piece = ""
    if piece:
        yield piece


async def follow(
    context: Context,
    prediction_id: str,
    after: int,
    kinds: Collection[Kind] = tuple(Kind),
    is_open: IsOpen | None = None,
    is_more: Callable[[], bool] | None = None,
) -> AsyncIterator[Sequence[Event]]:
    """The prediction's events of some kinds behind `after`, in batches as they come, until it has ended or is gone.

    is_open: asked every KEEP_ALIVE_S, in a thread, whether what opened the stream still does (keys.py); it ends if not.
    is_more: asked at each hint, in a thread, whether there is something beside events to tell.
    An empty batch is a pause, or that: time to show that the connection lives. A reader that is slow is asked
    for nothing more until it has taken what it was given, and nothing is kept for it meanwhile.
    """
    tail = context.event_buffers.take(prediction_id)
    try:
        async with context.wakeups.listen(prediction_id) as listener:
            quiet_since = checked_at = time.monotonic()
            while True:
                if is_open is not None and time.monotonic() - checked_at >= KEEP_ALIVE_S:
                    checked_at = time.monotonic()
                    if not await run_in_threadpool(is_open):
                        return
                await tail.refresh(listener.topic.changes)
                events = await tail.since(after)
                after = events[-1].seq if events else after
                wanted = [event for event in events if event.kind in kinds]
                patience = quiet_since + KEEP_ALIVE_S - time.monotonic()
                has_more = is_more is not None and await run_in_threadpool(is_more)
                if wanted or has_more or patience <= 0:
                    yield wanted
                    quiet_since = time.monotonic()
                if any(event.kind is Kind.COMPLETED for event in events) or tail.is_gone or context.wakeups.closed:
                    return
                if not events:
                    await listener.wait(max(patience, 0.01))
    finally:
        context.event_buffers.give_back(tail)


async def place_of(context: Context, prediction_id: str, request: Request) -> int | None:
    """The seq that the request wants to go on behind; None if it is that of the last event.

    0, which is the start, unless `Last-Event-ID` names an event of this prediction.
    """
    number = request.headers.get("last-event-id", "").rsplit(":", 1)[-1].strip()
    if not (number.isascii() and number.isdecimal() and len(number) < 18):
        return 0
    store, seq = context.service.store, int(number)
    last = await run_in_threadpool(store.last_event, prediction_id, Kind.COMPLETED)
    if last is not None and last.seq == seq:
        return None
    return seq if await run_in_threadpool(store.has_event, prediction_id, seq) else 0
