"""What a store promises. SqlStore implements it on SQLite and Postgres; tests/contract holds both to these words."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from dreamreel.errors import DreamreelError
from dreamreel.predictions.accounts import Token, Upload
from dreamreel.predictions.events import Event, Kind
from dreamreel.predictions.record import Prediction, Status

Listed = TypeVar("Listed")


class StoreError(DreamreelError):
    """The database of a store, or of an outbox, cannot be reached; the same may succeed later."""


@dataclass(frozen=True)
class Page(Generic[Listed]):
    """A slice of a list, newest first. older, newer: cursors of the pages beside it, None at an end."""

    results: list[Listed]
    older: str | None
    newer: str | None


@dataclass(frozen=True)
class Query:
    """Which predictions of an owner to list.

    cursor: one of a Page. created_after (inclusive), created_before (exclusive), source: filters.
    statuses: any of them; none for all. starred: whether it is. tags: all of them. text: words, all of which
    occur in the name or the prompts. Case does not matter for tags and words.
    """

    limit: int = 100
    cursor: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    source: str | None = None
    statuses: Collection[Status] = ()
    starred: bool | None = None
    tags: Collection[str] = ()
    text: str = ""


@dataclass(frozen=True)
class FrameDone:
    """What a worker reports after a frame.

    text: log lines, newline-terminated. drift: from frame 0, by what it is of: level, contrast, hue.
    """

    idx: int
    seconds: float
    evaluations: int
    text: str
    drift: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """How far a prediction is, and whose it is."""

    owner: str
    frames_done: int
    num_frames: int


@dataclass(frozen=True)
class Ending:
    """How a prediction ends. output, error, metrics: see Prediction. text: last log lines."""

    status: Status
    output: str | None = None
    error: str | None = None
    metrics: dict[str, Any] | None = None
    text: str = ""


@dataclass(frozen=True)
class Offer:
    """Which networks a worker can draw with, by name.

    fits: those that it could begin with now. loaded: those of them that it need not load first. busy: those for which
    others make room, where these leave none. default: what draws where a prediction needs no model by name; empty
    where names do not matter. beside: what else it has that predictions may need: LoRAs, which take no room
    worth counting, and ControlNets. together: whether there is room now for all of these.
    """

    fits: frozenset[str] = frozenset()
    loaded: frozenset[str] = frozenset()
    busy: frozenset[str] = frozenset()
    default: str = ""
    beside: frozenset[str] = frozenset()
    together: Callable[[Collection[str]], bool] = lambda _names: True

    def begins(self, needs: Collection[str]) -> bool:
        """Whether a prediction with those needs can be begun now."""
        return self.within(needs, self.fits) and self.together({*self._models(needs), *needs})

    def within(self, needs: Collection[str], names: frozenset[str]) -> bool:
        """Whether a prediction with those needs can be drawn with the networks called names."""
        return self._models(needs) <= names

    def _models(self, needs: Collection[str]) -> set[str]:
        return (set(needs) - self.beside) or ({self.default} if self.default else set())


# Of a worker whose networks have no names: what needs none by name is for it.
NAMELESS = Offer()


@dataclass(frozen=True)
class WorkerRow:
    """A worker as it last beat. state: `loading`, `ready` or `draining`. seconds_per_evaluation: lately.

    stats: see workers/meter.py. networks: the names of those that it can load. loaded: of those that are.
    """

    id: str
    state: str
    model: str
    device: str
    versions: tuple[str, ...]
    beat_at: datetime
    slots: int = 1
    weights: str = ""
    seconds_per_evaluation: float | None = None
    stats: dict[str, Any] = field(default_factory=dict)
    networks: tuple[str, ...] = ()
    loaded: tuple[str, ...] = ()


@dataclass(frozen=True)
class Figures:
    """How busy the store's predictions are.

    queued: that wait for a worker. oldest_queued: when the oldest that was never begun was accepted.
    running: that a worker holds. leases_expired: how often one was taken from a worker that fell silent.
    holders: ids of the workers that hold one.
    """

    queued: int
    oldest_queued: datetime | None
    running: int
    leases_expired: int
    holders: frozenset[str] = frozenset()


class Store(Protocol):
    """The truth. Every method is one transaction, safe to call from several threads and processes.

    While the database cannot be reached every method raises StoreError, and nothing of it is done. Only changes() and
    close() never raise.

    Each change of a prediction appends its event in the same transaction.
    """

    def add(self, prediction: Prediction, most: int = 0, repeats_since: datetime | None = None) -> Prediction | None:
        """Accepts a prediction, durably, with a START event, and returns it.

        most: how many of its owner may be unfinished, this one included; 0 for any number. With as many
        already nothing is added, and None returned. repeats_since: if the owner has one of the same
        request_digest that was made then or later, the newest of these is returned and nothing added.
        Both also hold for simultaneous calls.
        """

    def get(self, prediction_id: str) -> Prediction | None:
        """The prediction, or None."""

    def owner_of(self, prediction_id: str) -> str | None:
        """Whose prediction it is; None if there is none. Cheaper than get()."""

    def progress(self, prediction_id: str) -> Progress | None:
        """How far it is; None if there is none. Cheaper than get() where inputs are large."""

    def page(self, owner: str, query: Query) -> Page[Prediction]:
        """A page of the owner's predictions, newest first. Pages do not shift when new ones arrive.

        It has fewer than were asked for where their inputs are large, but one at least.

        Raises ValueError for a cursor that is none.
        """

    def count_all(self) -> int:
        """How many predictions there are."""

    def count_versions(self, versions: Collection[str]) -> Mapping[str, int]:
        """How many predictions there are of each of the versions; one that has none is left out."""

    def count_queued(self) -> int:
        """How many predictions wait for a worker."""

    def figures(self, now: datetime) -> Figures:
        """How busy it is."""

    def claim(
        self,
        worker: str,
        versions: Sequence[str],
        now: datetime,
        until: datetime,
        max_attempts: int,
        offer: Offer = NAMELESS,
    ) -> Prediction | None:
        """Leases the next prediction to worker until `until`, or None if none waits.

        Only one whose needs the offer fits. Those whose needs are loaded come before others of the same rank, unless
        these have waited for claim_order.PATIENCE: then it is their turn, and where they need what is busy, nothing is
        leased, so that there will be room.

        Waiting are those in `starting`, and those in `processing` whose lease ran out before now (or ends
        so late that the clock must have gone back). Which comes first: storage/claim_order.py. The claimed
        one is in `processing`, with a new fence and one more attempt.

        attempts counts claims in a row that finished no frame. After max_attempts of them a prediction
        without frames fails, with a sentence that says so; one with frames is claimed once more, as attempt
        max_attempts + 1, for the worker to end it so and to hand over a video of what there is.
        """

    def beat(self, worker: str, held: Collection[str], until: datetime) -> frozenset[str]:
        """Prolongs the worker's leases on the predictions held. Returns those of them that it still has."""

    def cancel_requested(self, prediction_ids: Collection[str]) -> frozenset[str]:
        """Those of prediction_ids whose cancel was requested. It takes no lock: cheap enough to ask often."""

    def holds(self, prediction_id: str, fence: int) -> bool:
        """Whether fence is the prediction's current one, so that what its holder does still counts."""

    def expire_leases(self, worker: str) -> None:
        """Forgets a worker that is known to be dead and ends its leases, so that others may claim at once."""

    def add_logs(self, prediction_id: str, fence: int, text: str, now: datetime) -> bool:
        """Appends log lines. False, and nothing done, unless fence is the current one."""

    def add_frames(self, prediction_id: str, fence: int, frames: Sequence[FrameDone], now: datetime) -> bool:
        """Records frames that were finished together, with their log lines: all or, unless fence is current, none."""

    def finish(self, prediction_id: str, fence: int, ending: Ending, now: datetime) -> bool:
        """Moves a claimed prediction to a terminal status. False unless fence is the current one.

        An ending other than canceled still becomes canceled if a cancel was requested meanwhile.
        """

    def release(self, prediction_id: str, fence: int) -> bool:
        """Gives a claimed prediction back, as if it had not been claimed. False for an old fence."""

    def request_cancel(self, prediction_id: str, now: datetime) -> Prediction | None:
        """Cancels: a queued one at once, a running one by a flag for its worker, a finished one not.

        Returns the prediction as it is then; None if there is none.
        """

    def label(self, prediction_id: str, labels: Mapping[str, Any]) -> Prediction | None:
        """Changes what the owner says of a prediction: `name`, `starred`, `tags`, those that labels holds.

        Returns the prediction as it is then; None if there is none.
        """

    def delete(self, prediction_id: str) -> bool:
        """Forgets a prediction that has ended: its record, its events, what of its webhook is not sent yet.

        False, and nothing done, if there is none or it has not ended.
        """

    def due(self, now: datetime) -> Sequence[str]:
        """Ids of unfinished predictions whose deadline is over."""

    def ended_before(self, time: datetime, limit: int) -> Sequence[str]:
        """Ids of predictions that ended before time and still have their data, the oldest first."""

    def remove_data(self, prediction_id: str) -> None:
        """Forgets an ended prediction's input, logs, output and events; the record stays, and says so."""

    def expired_uploads(self, now: datetime) -> Sequence[str]:
        """Ids of uploads whose time is over."""

    def events(self, prediction_id: str, after: int = 0, limit: int = 1000) -> Sequence[Event]:
        """The prediction's events with a seq above after, in order."""

    def has_event(self, prediction_id: str, seq: int) -> bool:
        """Whether the prediction has an event of that seq."""

    def last_event(self, prediction_id: str, kind: Kind) -> Event | None:
        """The newest event of a kind."""

    def save_worker(self, row: WorkerRow) -> None:
        """Inserts or replaces a worker's row."""

    def workers(self, since: datetime) -> Sequence[WorkerRow]:
        """Workers that beat at or after since."""

    def add_token(self, token: Token) -> None:
        """Keeps a token."""

    def token(self, digest: str) -> Token | None:
        """The token with that digest."""

    def tokens(self, owner: str = "") -> Sequence[Token]:
        """All tokens, or those that open what owner has, oldest first."""

    def delete_token(self, token_id: str) -> bool:
        """Forgets a token; False if there is none."""

    def add_upload(self, upload: Upload, most_bytes: int = 0) -> bool:
        """Keeps an upload's row.

        most_bytes: that its owner may keep, this one included; 0 for any number. False, and nothing kept, if it were
        more. It also holds for simultaneous calls.
        """

    def upload_bytes(self, owner: str, now: datetime) -> int:
        """How many bytes the owner's uploads have that are still kept."""

    def upload(self, upload_id: str) -> Upload | None:
        """The row of an upload."""

    def uploads(self, owner: str, now: datetime, limit: int = 100, cursor: str | None = None) -> Page[Upload]:
        """A page of the owner's uploads that are still kept, newest first, like page()."""

    def delete_upload(self, upload_id: str) -> bool:
        """Forgets an upload; False if there is none."""

    def secret(self, name: str, fresh: str) -> str:
        """The stored secret of that name; fresh becomes it if there is none yet."""

    def set_secret(self, name: str, value: str) -> None:
        """Replaces the stored secret of that name."""

    def changes(self) -> int | None:
        """A number that differs after any write, by any process; cheap to read. None if it is not known."""

    def close(self) -> None:
        """Gives connections back."""
