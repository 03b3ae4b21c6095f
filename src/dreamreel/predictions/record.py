"""A prediction as the store keeps it, and the statuses it may go through."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from dreamreel.errors import PredictionError


class Status(StrEnum):
    """Wire words. A terminal status is never left."""

    STARTING = "starting"  # queued, or claimed and not yet drawing
    PROCESSING = "processing"  # a worker draws, or drew and lost its lease
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing follows it."""
        return not TRANSITIONS[self]


TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.STARTING: frozenset({Status.PROCESSING, Status.FAILED, Status.CANCELED}),
    Status.PROCESSING: frozenset({Status.SUCCEEDED, Status.FAILED, Status.CANCELED}),
    Status.SUCCEEDED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELED: frozenset(),
}
TERMINAL = tuple(status for status in Status if status.is_terminal)


@dataclass(frozen=True)
class Lease:
    """A worker's claim on a prediction.

    worker: its id. fence: counts the claims of the prediction; a write with an older one is refused.
    until: when the claim ends unless the worker beats before.
    """

    worker: str
    fence: int
    until: datetime


@dataclass(frozen=True)
class Prediction:
    """One accepted request and how far it is. Times are UTC.

    id: 26 characters. owner: the account it belongs to. version: id of the model version.
    input: as sent. seed: resolved when it was accepted, so that every attempt draws the same.
    logs: newline-terminated lines, bounded. output: name of the video in the prediction's folder.
    error: a sentence if it failed. frames_done, num_frames: progress. attempts: claims in a row that finished no frame.
    webhook_events: names of the events the webhook wants. deadline: when it is canceled.
    origin: scheme and host that the client used, for addresses in later messages. request_digest: of the
    request that made it, to recognise a repeated one. body_digest: of that request's body, to tell whether
    the one recognised by its key is the same; empty if it was accepted before bodies were compared.
    name, starred, tags: what its owner says of it. needs: names of networks that its worker must have, the first of
    them the model that draws; where no model is among them, the first that its worker has draws.
    """

    id: str
    owner: str
    version: str
    input: dict[str, Any]
    seed: int
    num_frames: int
    created_at: datetime
    status: Status = Status.STARTING
    source: str = "api"
    started_at: datetime | None = None
    completed_at: datetime | None = None
    logs: str = ""
    output: str | None = None
    error: str | None = None
    metrics: dict[str, Any] = field(default_factory=dict)
    frames_done: int = 0
    attempts: int = 0
    cancel_requested: bool = False
    data_removed: bool = False
    deadline: datetime | None = None
    webhook: str | None = None
    webhook_events: tuple[str, ...] = ()
    origin: str = ""
    request_digest: str = ""
    body_digest: str = ""
    lease: Lease | None = None
    name: str | None = None
    starred: bool = False
    tags: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    def moved(self, status: Status, **changes: Any) -> "Prediction":
        """The prediction in another status. Raises PredictionError for a step that TRANSITIONS lacks."""
        if status not in TRANSITIONS[self.status]:
            raise PredictionError(f"prediction {self.id} is {self.status}, so it cannot become {status}")
        return replace(self, status=status, **changes)


MAX_LOGS = 32_000
_HEAD = 2_000


def bounded_logs(logs: str) -> str:
    """logs cut to about MAX_LOGS characters: its first lines, a line that says so, its last lines."""
    if len(logs) <= MAX_LOGS:
        return logs
    head = logs[: logs.index("\n", _HEAD) + 1] if "\n" in logs[_HEAD:] else ""
    tail = logs[-(MAX_LOGS - len(head) - 100) :]
    tail = tail[tail.index("\n") + 1 :] if "\n" in tail else tail
    return f"{head}[...]\n{tail}" if not head.endswith("[...]\n") else head + tail
