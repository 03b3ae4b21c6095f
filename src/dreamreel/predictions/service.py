"""The operations on predictions, of clients and of workers; no HTTP, no frames."""

import base64
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dreamreel.errors import DreamreelError
from dreamreel.predictions.accounts import new_id
from dreamreel.predictions.files import Files, prediction_key
from dreamreel.predictions.record import Prediction
from dreamreel.predictions.store import Page, Progress, Query, Store, WorkerRow

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]
WORKER_FRESH = timedelta(minutes=2)
# How long an order that may be a repetition is compared with those before it.
REPEAT_WINDOW = timedelta(minutes=10)
OLD_SECRET_FOR = timedelta(days=1)


class NotFoundError(DreamreelError):
    """There is no such thing, or it belongs to another owner."""


class TooManyError(DreamreelError):
    """The owner has as many unfinished predictions as are allowed: most. retry_after_s: when to try again."""

    def __init__(self, most: int, retry_after_s: int) -> None:
        super().__init__(f"{most} predictions are unfinished, the most for one token")
        self.most, self.retry_after_s = most, retry_after_s


class UnfinishedError(DreamreelError):
    """The operation needs a prediction that has ended. status: that it is in."""

    def __init__(self, prediction: Prediction) -> None:
        super().__init__(f"prediction {prediction.id} is {prediction.status.value}")
        self.status = prediction.status


class OtherBodyError(DreamreelError):
    """A request whose key marks it as a repetition has another body. prediction_id: that the first request made."""

    def __init__(self, prediction_id: str) -> None:
        super().__init__(f"the request that made prediction {prediction_id} had another body")
        self.prediction_id = prediction_id


@dataclass(frozen=True)
class Order:
    """A client's request, checked: the version exists, the input can be drawn.

    input: as sent. num_frames: of the plan. seed: from the input, or None for a random one.
    cancel_after: from acceptance. webhook_events: names; empty if there is no webhook.
    origin, request_digest, body_digest, needs: see Prediction.
    """

    version: str
    input: dict[str, Any]
    num_frames: int
    seed: int | None = None
    source: str = "api"
    cancel_after: timedelta | None = None
    webhook: str | None = None
    webhook_events: tuple[str, ...] = ()
    origin: str = ""
    request_digest: str = ""
    body_digest: str = ""
    needs: tuple[str, ...] = ()


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class PredictionService:
    """Predictions of all owners. An owner sees only its own.

    max_unfinished: of one owner, 0 for no limit. notify: called with a prediction that changed here,
    so that a waiting worker or reader can look: a hint, the store is the truth.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock = utc_now,
        max_unfinished: int = 0,
        notify: Callable[[Prediction], None] = lambda _: None,
    ) -> None:
        self.store = store
        self.clock = clock
        self.notify = notify
        self._max_unfinished = max_unfinished

    def create(self, owner: str, order: Order, is_repeatable: bool = False) -> Prediction:
        """Accepts an order: once this returns, the prediction will end.

        is_repeatable: an order of the same request_digest, not long ago, gave the prediction that is meant.
        Raises TooManyError, and OtherBodyError if that one was asked for with another body.
        """
        now = self.clock()
        prediction = Prediction(
            id=new_id(),
            owner=owner,
            version=order.version,
            input=order.input,
            seed=secrets.randbits(32) if order.seed is None else order.seed,
            num_frames=order.num_frames,
            created_at=now,
            source=order.source,
            deadline=None if order.cancel_after is None else now + order.cancel_after,
            webhook=order.webhook,
            webhook_events=order.webhook_events,
            origin=order.origin,
            request_digest=order.request_digest,
            body_digest=order.body_digest,
            needs=order.needs,
        )
        accepted = self.store.add(prediction, self._max_unfinished, now - REPEAT_WINDOW if is_repeatable else None)
        if accepted is None:
            raise TooManyError(self._max_unfinished, 30)
        if accepted.id == prediction.id:
            _log("prediction %s: accepted", prediction)
            self.notify(prediction)
        elif accepted.body_digest not in ("", prediction.body_digest):
            raise OtherBodyError(accepted.id)
        return accepted

    def get(self, owner: str, prediction_id: str) -> Prediction:
        """Raises NotFoundError."""
        prediction = self.store.get(prediction_id)
        if prediction is None or prediction.owner != owner:
            raise NotFoundError(f"there is no prediction {prediction_id[:40]}")
        return prediction

    def progress(self, owner: str, prediction_id: str) -> Progress:
        """How far it is, without its inputs. Raises NotFoundError."""
        progress = self.store.progress(prediction_id)
        if progress is None or progress.owner != owner:
            raise NotFoundError(f"there is no prediction {prediction_id[:40]}")
        return progress

    def page(self, owner: str, query: Query) -> Page[Prediction]:
        """Raises ValueError for a cursor that is none."""
        return self.store.page(owner, query)

    def cancel(self, owner: str, prediction_id: str) -> Prediction:
        """Cancels what is not finished; what is, stays as it is. Raises NotFoundError."""
        self.get(owner, prediction_id)
        prediction = self.store.request_cancel(prediction_id, self.clock())
        assert prediction is not None
        _log("prediction %s: its owner cancels it", prediction)
        self.notify(prediction)
        return prediction

    def label(self, owner: str, prediction_id: str, labels: Mapping[str, Any]) -> Prediction:
        """Changes `name`, `starred` and `tags`, those that labels holds. Raises NotFoundError."""
        self.get(owner, prediction_id)
        prediction = self.store.label(prediction_id, labels)
        if prediction is None:  # deleted in between
            raise NotFoundError(f"there is no prediction {prediction_id[:40]}")
        return prediction

    def delete(self, owner: str, prediction_id: str, files: Files) -> None:
        """Forgets a prediction that has ended, with its files. Raises NotFoundError, UnfinishedError, FilesError.

        Files go before the record: what is interrupted can be done again.
        """
        prediction = self.get(owner, prediction_id)
        if not prediction.status.is_terminal:
            raise UnfinishedError(prediction)
        files.delete(prediction_key(prediction_id, "")[:-1])
        self.store.delete(prediction_id)
        _log("prediction %s: its owner deleted it", prediction)
        self.notify(prediction)

    def workers(self) -> Sequence[WorkerRow]:
        """The workers that are alive."""
        return self.store.workers(self.clock() - WORKER_FRESH)

    def webhook_secret(self, owner: str) -> str:
        """The key that the owner's webhooks are signed with: `whsec_` and padded base64 of 32 random bytes."""
        return self.store.secret(f"webhook:{owner}", _fresh_secret())

    def webhook_secrets(self, owner: str) -> list[str]:
        """The keys to sign with now: the current one, and for a day the one it replaced."""
        until, _, old = self.store.secret(f"webhook-old:{owner}", "0:").partition(":")
        is_known = old and self.clock().timestamp() < float(until)
        return [self.webhook_secret(owner), *([old] if is_known else [])]

    def rotate_webhook_secret(self, owner: str) -> str:
        """Replaces the key; receivers that know the old one have a day to learn the new one."""
        until = (self.clock() + OLD_SECRET_FOR).timestamp()
        self.store.set_secret(f"webhook-old:{owner}", f"{until}:{self.webhook_secret(owner)}")
        fresh = _fresh_secret()
        self.store.set_secret(f"webhook:{owner}", fresh)
        return fresh

    def cancel_due(self) -> Sequence[str]:
        """Cancels every prediction whose deadline is over; returns their ids."""
        due = self.store.due(self.clock())
        for prediction_id in due:
            prediction = self.store.request_cancel(prediction_id, self.clock())
            if prediction is not None:
                self.notify(prediction)
        return due


def _log(text: str, prediction: Prediction) -> None:
    log.info(text, prediction.id, extra={"prediction": prediction.id})


def _fresh_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
