"""Our predictions as Replicate's JSON."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dreamreel.animation.views import served
from dreamreel.api.http.signing import Signer
from dreamreel.predictions.events import Kind
from dreamreel.predictions.files import Files, prediction_key
from dreamreel.predictions.record import Prediction, Status
from dreamreel.predictions.service import Clock, utc_now
from dreamreel.webhooks.outbox import Delivery
from dreamreel.webhooks.receivers import without_password

# The others grow, or are made from what grows: they come from here.
_IN_BUCKET = ("out.mp4", "partial.mp4")
# A list has a hundred predictions; clients read progress from the last line.
LISTED_LOGS = 1000


def timestamp(time: datetime | None) -> str | None:
    """RFC 3339, UTC, microseconds, `Z`."""
    return None if time is None else time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def last_lines(logs: str) -> str:
    """The whole lines among the last LISTED_LOGS characters."""
    if len(logs) <= LISTED_LOGS:
        return logs
    tail = logs[-LISTED_LOGS:]
    return tail[tail.index("\n") + 1 :] if "\n" in tail[:-1] else tail


@dataclass(frozen=True)
class Wire:
    """Makes JSON of predictions. hours: how long addresses work.

    inline_kb: outputs up to this size are answered as data URIs. presign: outputs in a bucket are
    addressed there. clock: for what has not ended.
    """

    signer: Signer
    files: Files
    hours: int
    inline_kb: int = 0
    presign: bool = False
    clock: Clock = utc_now

    def prediction(self, prediction: Prediction, origin: str) -> dict[str, Any]:
        """The prediction object. origin: scheme and host that the client uses."""
        document: dict[str, Any] = {
            "id": prediction.id,
            "model": served(prediction.version).name,
            "version": prediction.version,
            "input": prediction.input,
            "logs": prediction.logs,
            "output": self._output(prediction, origin),
            "data_removed": prediction.data_removed,
            "error": prediction.error,
            "source": prediction.source,
            "status": prediction.status.value,
            "created_at": timestamp(prediction.created_at),
            "started_at": timestamp(prediction.started_at),
            "completed_at": timestamp(prediction.completed_at),
            "metrics": self._metrics(prediction),
            "urls": self._urls(prediction.id, origin),
        }
        if prediction.status in (Status.FAILED, Status.CANCELED) and not prediction.data_removed:
            has_video = self.files.size(prediction_key(prediction.id, "partial.mp4")) is not None
            document["partial_output"] = self.output_url(prediction.id, "partial.mp4", origin) if has_video else None
        # Only what was set: clients that know a prediction's members by heart see no others unless asked for.
        labels = {"name": prediction.name, "starred": prediction.starred, "tags": list(prediction.tags)}
        document |= {member: value for member, value in labels.items() if value}
        if prediction.deadline is not None:
            document["deadline"] = timestamp(prediction.deadline)
        if prediction.webhook is not None:
            document["webhook"] = without_password(prediction.webhook)
            document["webhook_events_filter"] = list(prediction.webhook_events)
        return document

    def _urls(self, prediction_id: str, origin: str) -> dict[str, str]:
        address, folder = f"{origin}/v1/predictions/{prediction_id}", self._folder(prediction_id, origin)
        return {
            "web": f"{origin}/p/{prediction_id}",
            "get": address,
            "cancel": f"{address}/cancel",
            "frames": f"{address}/frames",
            "stream": f"{origin}/v1/files/stream/{self._stream_token(prediction_id)}",
            "events": f"{address}/events?key={self.signer.key(self.hours, 'events', prediction_id)}",
            "video": f"{folder}video.mp4",
            "subtitles": f"{folder}prompts.srt",
        }

    def _metrics(self, prediction: Prediction) -> dict[str, Any]:
        """All of them at any time, so far if it has not ended: clients that know predict_time want it or nothing."""
        now = prediction.completed_at or self.clock()
        began = prediction.started_at or now
        so_far = {
            "predict_time": max((now - began).total_seconds(), 0.0),
            "total_time": max((now - prediction.created_at).total_seconds(), 0.0),
        }
        return {**so_far, **prediction.metrics, "frames": prediction.frames_done}

    def listed(self, prediction: Prediction, origin: str, logs: bool = True) -> dict[str, Any]:
        """The prediction in a list: of its logs the last lines, which tell how far it is, or none."""
        return {**self.prediction(prediction, origin), "logs": last_lines(prediction.logs) if logs else ""}

    def waiting(self, prediction: Prediction, origin: str) -> dict[str, Any]:
        """The answer to a wait that ran out: `starting`, whatever is true, or clients take it for finished."""
        document = self.prediction(prediction, origin)
        if not prediction.status.is_terminal:
            document |= {"status": Status.STARTING.value, "started_at": None}
        return document

    def _stream_token(self, prediction_id: str) -> str:
        return f"{prediction_id}-{self.signer.key(self.hours, 'stream', prediction_id)}"

    def prediction_of_stream(self, token: str) -> str | None:
        """The id of the prediction whose stream has that token; None if it fits none, or its time is over."""
        prediction_id, _, key = token.partition("-")
        return prediction_id if self.signer.opens(key, "stream", prediction_id) else None

    def webhook_body(self, prediction: Prediction, kind: Kind, public_url: str) -> str:
        """The JSON of the prediction as it was when an event of that kind happened."""
        document = self.prediction(prediction, public_url.rstrip("/") or prediction.origin)
        if kind is not Kind.COMPLETED:
            document |= {"completed_at": None, "error": None, "status": Status.PROCESSING.value}
        if kind in (Kind.START, Kind.LOGS):
            document["output"] = None
        if kind is Kind.START:
            document |= {"started_at": None, "logs": "", "status": Status.STARTING.value, "metrics": {}}
        return json.dumps(document)

    def output_url(self, prediction_id: str, name: str, origin: str) -> str:
        """The address of a file of a prediction, which is its own key."""
        if self.presign and name in _IN_BUCKET:
            address = self.files.address(prediction_key(prediction_id, name), self.hours * 3600)
            if address is not None:
                return address
        return self._folder(prediction_id, origin) + name

    def _folder(self, prediction_id: str, origin: str) -> str:
        """The address of all files of a prediction, which ends in a slash."""
        until, _, tag = self.signer.key(self.hours, "output", prediction_id).partition("-")
        return f"{origin}/v1/outputs/{prediction_id}/{until}/{tag}/"

    def _output(self, prediction: Prediction, origin: str) -> str | None:
        if prediction.output is None or prediction.data_removed:
            return None
        key = prediction_key(prediction.id, prediction.output)
        size = self.files.size(key) if self.inline_kb else None
        if size is not None and size <= self.inline_kb * 1024:
            return "data:video/mp4;base64," + base64.b64encode(b"".join(self.files.read(key))).decode()
        return self.output_url(prediction.id, prediction.output, origin)


def deliveries_document(delivery: Delivery) -> dict[str, Any]:
    """What became of a webhook's messages, for the owner of its prediction."""
    return {
        "state": delivery.state,
        "delivered": delivery.delivered,
        "dropped": delivery.dropped,
        "tries": delivery.tries,
        "last_error": delivery.last_error,
        "last_delivered_at": timestamp(delivery.sent_at),
        "next_try_at": timestamp(delivery.due_at),
    }


def page(
    results: list[dict[str, Any]], older: str | None, newer: str | None, link: Callable[[str], str]
) -> dict[str, Any]:
    """A page of a list. link: cursor -> absolute address."""
    return {"next": older and link(older), "previous": newer and link(newer), "results": results}
