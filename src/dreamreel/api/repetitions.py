"""A create that is sent twice gives one prediction: hours of drawing must not be paid twice for a lost answer.

Four ways, each for clients that the others do not cover (tests/e2e/test_http.py and the official clients hold them):
- `Idempotency-Key`, for clients that have one: the store looks for the key among the owner's creates of ten minutes;
- `x-stainless-retry-count`, by which the official clients mark their repetitions: the same look, by the body's digest;
- UnansweredCreates, for clients that mark nothing: the same body again after a connection that broke before the answer;
- seconds_to_wait, so that `Prefer: wait` is answered before the client's read timeout makes it repeat the create.
A create without any of these costs one look into a dictionary and one task that notices the end of its connection.
"""

import hashlib
import json
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from dreamreel.api.http.problems import Problem, too_many_unfinished
from dreamreel.predictions.record import Prediction
from dreamreel.predictions.service import Order, OtherBodyError, PredictionService, TooManyError

WINDOW_S = 60.0
MOST = 1000
LONGEST_WAIT_S = 60.0


def body_digest(document: object) -> str:
    """What two bodies share that say the same, however they are written."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def request_digest(body: str, headers: Mapping[str, str]) -> str:
    """What two requests share that are the same request sent twice: a key, or the digest of their body."""
    if key := headers.get("idempotency-key"):
        return "key:" + hashlib.sha256(key.encode()).hexdigest()
    return body


def mark(made: Order | Prediction) -> str:
    """What only the same request sent twice has in common: its key, if it has one, and its body."""
    return made.request_digest + made.body_digest


def seconds_to_wait(headers: Mapping[str, str], asked: str | None) -> float:
    """Seconds to hold a request with `Prefer: wait`: answered before the client hangs up and repeats it."""
    seconds = min(float(asked[:9]) if asked else LONGEST_WAIT_S, LONGEST_WAIT_S) - 0.5
    timeout = headers.get("x-stainless-read-timeout", "")
    if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", timeout):
        seconds = min(seconds, float(timeout) - 2)
    return max(seconds, 0.0)


@dataclass(eq=False)
class UnansweredCreates:
    """Predictions whose client hung up before the answer. One process's memory: what is lost with it is drawn twice."""

    _kept: dict[tuple[str, str], tuple[str, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, owner: str, mark: str, prediction_id: str, now: float | None = None) -> None:
        """Remembers a prediction whose client got no answer. mark: equal for equal requests."""
        with self._lock:
            if len(self._kept) >= MOST:
                self._kept.pop(next(iter(self._kept)))
            self._kept[owner, mark] = prediction_id, time.monotonic() if now is None else now

    def take(self, owner: str, mark: str, now: float | None = None) -> str | None:
        """The prediction to answer the same request with, once; None if it is a new one."""
        with self._lock:
            prediction_id, at = self._kept.pop((owner, mark), ("", 0.0))
        now = time.monotonic() if now is None else now
        return prediction_id if prediction_id and now - at < WINDOW_S else None


def accept(
    service: PredictionService, unanswered: UnansweredCreates, headers: Mapping[str, str], owner: str, order: Order
) -> Prediction:
    """A new prediction, or the one that the same request made before if this is its repetition. Raises Problem."""
    if (known := unanswered.take(owner, mark(order))) and (missed := service.store.get(known)):
        return missed
    retries, key = headers.get("x-stainless-retry-count", "0"), headers.get("idempotency-key", "")
    is_retry = retries.isdecimal() and int(retries[:9]) > 0
    try:
        return service.create(owner, order, is_repeatable=is_retry or bool(key))
    except TooManyError as error:
        raise too_many_unfinished(error.most, error.retry_after_s) from None
    except OtherBodyError as error:
        raise _other_body(key, error.prediction_id) from None


def _other_body(key: str, prediction_id: str) -> Problem:
    """The answer to a key that came before with another body, as draft-ietf-httpapi-idempotency-key-header has it."""
    detail = (
        f'Idempotency-Key "{key[:80]}" came within the last ten minutes with another body and made prediction '
        f"{prediction_id}: send that body for that prediction, or another key for a new one."
    )
    return Problem(422, detail, title="Idempotency-Key is already used")
