"""The richer stream, for our own page and for scripts: status, progress, logs, frames, the video, the end."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from dreamreel.api.context import Context, context_of, origin_of, owner_now
from dreamreel.api.drawing import Drawing
from dreamreel.api.event_buffer import BATCH
from dreamreel.api.http.keys import READABLE, IsOpen, still_known, still_opens
from dreamreel.api.http.problems import not_found
from dreamreel.api.http.sse import RESPONSES, Message, answer_squeezed, follow, in_pieces, nothing_more, place_of
from dreamreel.api.openapi import ERRORS
from dreamreel.predictions.accounts import Token
from dreamreel.predictions.events import Event, Kind
from dreamreel.predictions.files import prediction_key
from dreamreel.predictions.record import Prediction

router = APIRouter(tags=["predictions"])
# A reader that is further behind than this is shown the newest frames only.
MOST_FRAMES = 20
MOST_LOG_CHARACTERS = 16_000


@router.get(
    "/predictions/{prediction_id}/events",
    operation_id="predictions.events",
    summary="Follow a prediction",
    response_class=StreamingResponse,
    responses={**RESPONSES, **ERRORS},
)
async def follow_prediction(request: Request, prediction_id: str, key: str = "") -> Response:
    """Server-sent events `status`, `progress`, `log`, `frame`, `preview`, `video` and `done`, each with JSON.

    With a token, or with the key in `urls.events`, which browsers' EventSource needs and any page may use.
    `Last-Event-ID` goes on behind an event.
    """
    context, origin = context_of(request), origin_of(request)
    prediction, headers, is_open = await run_in_threadpool(_look_up, request, context, prediction_id, key)
    after = await place_of(context, prediction.id, request)
    if after is None:
        return nothing_more(headers)
    return answer_squeezed(request, _messages(context, prediction, origin, after, is_open), headers)


def _look_up(
    request: Request, context: Context, prediction_id: str, key: str
) -> tuple[Prediction, Mapping[str, str], IsOpen]:
    """The prediction, headers that let other pages read it where the address was the key, and what keeps it open."""
    prediction = context.service.store.get(prediction_id)
    has_key = prediction is not None and context.signer.opens(key, "events", prediction_id)
    if prediction is not None and has_key and still_opens(context, prediction.owner):
        return prediction, READABLE, partial(still_opens, context, prediction.owner)
    owner = owner_now(request)
    if prediction is None or prediction.owner != owner:
        raise not_found()
    token: Token | None = request.state.token
    return prediction, {}, partial(still_known, context, token) if token else partial(still_opens, context, owner)


async def _messages(
    context: Context, prediction: Prediction, origin: str, after: int, is_open: IsOpen
) -> AsyncGenerator[str, None]:
    teller = _Teller(context, prediction, origin)
    yield teller.video()
    caught_up, drawing = False, _drawing(context, prediction)
    is_new = None if drawing is None else drawing.is_new
    async for events in follow(context, prediction.id, after, is_open=is_open, is_more=is_new):
        picture = "" if drawing is None else drawing.take()
        if picture:
            yield Message("preview", picture).encode()
        elif not events:
            yield ": hi\n\n"
        # Who comes late reads all logs from the start; who falls behind later, what matters now.
        for piece in in_pieces(teller.tell(event) for event in latest(events, all_logs=not caught_up)):
            yield piece
        caught_up = caught_up or len(events) < BATCH
        if any(event.kind is Kind.COMPLETED for event in events):
            ended = await run_in_threadpool(context.service.store.get, prediction.id)
            yield teller.done(ended or prediction, events[-1].seq)


def _drawing(context: Context, prediction: Prediction) -> Drawing | None:
    """Where pictures between steps are found; None where none are made."""
    if not context.setup.preview_vae:
        return None
    folder = context.files.path(prediction_key(prediction.id, ""))
    return None if folder is None else Drawing(folder)


def latest(events: Sequence[Event], all_logs: bool = False) -> list[Event]:
    """events without the frames and logs that a reader so far behind need not get one by one."""
    frames = [event.seq for event in events if event.kind is Kind.FRAME]
    oldest_frame = frames[-MOST_FRAMES] if len(frames) > MOST_FRAMES else 0
    room, kept = MOST_LOG_CHARACTERS, []
    for event in reversed(events):
        if event.kind is Kind.LOGS:
            room -= len(event.data["text"])
            skipped = room < 0 and not all_logs
        else:
            skipped = event.kind is Kind.FRAME and event.seq < oldest_frame
        if not skipped:
            kept.append(event)
    return kept[::-1]


@dataclass
class _Teller:
    """Says events in this stream's words. It remembers the last frames' pace, for the time left."""

    context: Context
    prediction: Prediction
    origin: str
    seconds: list[float] = field(default_factory=list)

    def tell(self, event: Event) -> str:
        match event.kind:
            case Kind.START:
                return self._say("status", {"status": "starting"}, event.seq)
            case Kind.STATUS:
                return self._say("status", event.data, event.seq)
            case Kind.LOGS:
                return self._say("log", event.data, event.seq)
            case Kind.FRAME:
                return self._frame(event.data) + self._progress(event)
        return ""

    def _frame(self, data: dict[str, Any]) -> str:
        idx = data["idx"]
        urls = {"url": self._url(f"frames/{idx:05}.png"), "preview": self._url(f"previews/{idx:05}.webp")}
        drift = {"drift": data["drift"]} if "drift" in data else {}
        return self._say("frame", {"idx": idx, **urls, **drift})

    def _progress(self, event: Event) -> str:
        data, total = event.data, self.prediction.num_frames
        self.seconds = [*self.seconds[-9:], data["seconds"]]
        pace = sum(self.seconds) / len(self.seconds)
        done = data["idx"] + 1
        progress = {
            "frame": done,
            "total": total,
            "evaluations": data["evaluations"],
            "seconds_per_frame": round(data["seconds"], 3),
            "eta_s": round(pace * (total - done), 1),
        }
        return self._say("progress", progress, event.seq)

    def video(self) -> str:
        """Where the video is, whether it still grows or not."""
        return self._say("video", {"url": self._url("video.mp4"), "playlist": self._url("video.m3u8")})

    def done(self, prediction: Prediction, seq: int) -> str:
        """The end, with the prediction as it ended."""
        return self._say("done", self.context.wire.prediction(prediction, self.origin), seq)

    def _url(self, name: str) -> str:
        return self.context.wire.output_url(self.prediction.id, name, self.origin)

    def _say(self, event: str, data: dict[str, Any], seq: int | None = None) -> str:
        # ASCII: readers that take Unicode's line separators for line breaks would cut the JSON in two.
        return Message(event, json.dumps(data), "" if seq is None else str(seq)).encode()
