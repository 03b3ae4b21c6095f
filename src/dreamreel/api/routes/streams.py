"""`urls.stream`: the dialect of server-sent events that Replicate's clients accept, and nothing beyond it.

Any other event name breaks the Python client, a missing id loses events, an empty line in a keep-alive
makes the Go client forget its place (contract: streaming).
"""

import json
from collections.abc import AsyncIterator
from functools import partial

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from dreamreel.api.context import Context, context_of, origin_of
from dreamreel.api.http.keys import READABLE, still_opens
from dreamreel.api.http.problems import not_found
from dreamreel.api.http.sse import RESPONSES, Message, answer, follow, in_pieces, nothing_more, place_of
from dreamreel.api.openapi import ERRORS
from dreamreel.predictions.events import Event, Kind
from dreamreel.predictions.record import Prediction, Status

router = APIRouter(tags=["predictions"])
KEEP_ALIVE = ": hi\n"
_REASONS = {Status.CANCELED.value: {"reason": "canceled"}, Status.FAILED.value: {"reason": "error"}}


@router.get(
    "/files/stream/{token}",
    operation_id="predictions.stream",
    summary="Stream the output of a prediction",
    response_class=StreamingResponse,
    responses={**RESPONSES, **ERRORS},
)
async def stream(request: Request, token: str, logs: bool = False) -> Response:
    """Server-sent events `output`, `error` and `done` (and `logs`, if asked for); the address is the key."""
    context, origin = context_of(request), origin_of(request)
    prediction_id = context.wire.prediction_of_stream(token) or ""
    prediction = await run_in_threadpool(context.service.store.get, prediction_id)
    if prediction is None or not await run_in_threadpool(still_opens, context, prediction.owner):
        raise not_found()
    after = await place_of(context, prediction.id, request)
    if after is None:
        return nothing_more(READABLE)
    return answer(_messages(context, prediction, origin, after, logs), READABLE)


async def _messages(
    context: Context, prediction: Prediction, origin: str, after: int, logs: bool
) -> AsyncIterator[str]:
    kinds = (Kind.OUTPUT, Kind.ERROR, Kind.COMPLETED, *((Kind.LOGS,) if logs else ()))
    is_open = partial(still_opens, context, prediction.owner)
    async for events in follow(context, prediction.id, after, kinds, is_open):
        if not events:
            yield KEEP_ALIVE
        for piece in in_pieces(_message(context, prediction.id, origin, event) for event in events):
            yield piece


def _message(context: Context, prediction_id: str, origin: str, event: Event) -> str:
    place = f"{int(event.at.timestamp())}:{event.seq}"
    match event.kind:
        case Kind.OUTPUT:
            url = context.wire.output_url(prediction_id, event.data["output"], origin)
            return Message("output", url, place).encode()
        case Kind.ERROR:
            return Message("error", json.dumps({"detail": event.data["detail"]}), place).encode()
        case Kind.LOGS:
            return Message("logs", event.data["text"], place).encode()
        case Kind.COMPLETED:
            return Message("done", json.dumps(_REASONS.get(event.data["status"], {})), place).encode()
    return ""
