"""Rows of the SQL store -> our values, and back."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from dreamreel.predictions.accounts import Token, Upload
from dreamreel.predictions.events import Event, Kind
from dreamreel.predictions.record import Lease, Prediction, Status
from dreamreel.predictions.search import folded, plain, search_text
from dreamreel.predictions.store import WorkerRow

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_WORKER_LISTS = ("versions", "networks", "loaded")
_PREDICTION_TIMES = ("created_at", "started_at", "completed_at", "deadline")


def to_us(time: datetime) -> int:
    """Microseconds since 1970."""
    return (time - _EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """The UTC time that many microseconds after 1970 began."""
    return _EPOCH + us * _MICROSECOND


def tag_text(tags: Sequence[str]) -> str:
    """Tags as one text that holds `\\n` + folded(tag) + `\\n` for each of them: no tag holds a line break."""
    return "".join(f"\n{folded(tag)}\n" for tag in tags)


def needs_text(needs: Sequence[str]) -> str:
    """Names of networks, in their order, as one text: none of them holds a line break."""
    return "\n".join(needs)


def needs_in(text: str) -> tuple[str, ...]:
    """The names in such a text."""
    return tuple(text.split("\n")) if text else ()


def prediction_row(prediction: Prediction) -> dict[str, Any]:
    """The columns of a prediction."""
    row = dict(vars(prediction))
    lease = row.pop("lease")
    for name in _PREDICTION_TIMES:
        row[name] = None if row[name] is None else to_us(row[name])
    row["status"] = prediction.status.value
    row["webhook_events"] = list(prediction.webhook_events)
    row["name"] = None if prediction.name is None else plain(prediction.name)
    row["tags"], row["tag_text"] = list(prediction.tags), tag_text(prediction.tags)
    row["search_text"] = search_text(prediction.name, prediction.input)
    row["needs"] = needs_text(prediction.needs)
    row["worker"], row["fence"] = (lease.worker, lease.fence) if lease else (None, 0)
    row["lease_until"] = to_us(lease.until) if lease else None
    return row


def prediction_of(row: dict[str, Any]) -> Prediction:
    """The prediction in a row."""
    values = dict(row)
    worker, fence, until = values.pop("worker"), values.pop("fence"), values.pop("lease_until")
    for name in _PREDICTION_TIMES:
        values[name] = None if values[name] is None else from_us(values[name])
    values["status"] = Status(values["status"])
    values["webhook_events"] = tuple(values["webhook_events"])
    values["tags"] = tuple(values["tags"])
    values["needs"] = needs_in(values["needs"])
    lease = Lease(worker, fence, from_us(until)) if worker is not None else None
    return Prediction(**values, lease=lease)


def event_of(row: dict[str, Any]) -> Event:
    """The event in a row."""
    return Event(row["seq"], row["prediction_id"], Kind(row["kind"]), from_us(row["at"]), row["data"])


def worker_row(worker: WorkerRow) -> dict[str, Any]:
    """The columns of a worker."""
    lists = {name: list(getattr(worker, name)) for name in _WORKER_LISTS}
    return {**asdict(worker), **lists, "beat_at": to_us(worker.beat_at)}


def worker_of(row: dict[str, Any]) -> WorkerRow:
    """The worker in a row."""
    lists = {name: tuple(row[name]) for name in _WORKER_LISTS}
    return WorkerRow(**{**row, **lists, "beat_at": from_us(row["beat_at"])})


def token_of(row: dict[str, Any]) -> Token:
    """The token in a row."""
    expires_at = None if row["expires_at"] is None else from_us(row["expires_at"])
    return Token(**{**row, "created_at": from_us(row["created_at"]), "expires_at": expires_at})


def token_row(token: Token) -> dict[str, Any]:
    """The columns of a token."""
    expires_at = None if token.expires_at is None else to_us(token.expires_at)
    return {**asdict(token), "created_at": to_us(token.created_at), "expires_at": expires_at}


def upload_of(row: dict[str, Any]) -> Upload:
    """The upload in a row."""
    return Upload(**{**row, "created_at": from_us(row["created_at"]), "expires_at": from_us(row["expires_at"])})
