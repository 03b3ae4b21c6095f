"""Sends what the outbox holds: signed, in order for each prediction, again until it arrives or time is over."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import anyio.to_thread
import httpcore2
from standardwebhooks import Webhook
from structlog.contextvars import bound_contextvars

from dreamreel.boundary import contained
from dreamreel.errors import PredictionError
from dreamreel.predictions.events import Kind
from dreamreel.predictions.record import Prediction
from dreamreel.predictions.search import plain
from dreamreel.predictions.service import Clock
from dreamreel.predictions.store import Store, StoreError
from dreamreel.webhooks.addresses import AddressRules, GuardedBackend
from dreamreel.webhooks.outbox import MOST_TRIES, THROTTLE, Delivery, Message, Outbox, next_message, pause_after
from dreamreel.webhooks.receivers import split_user

log = logging.getLogger(__name__)
# Beyond a try's timeout: then the server that had the row has died, and another one tries it.
SLACK = timedelta(seconds=10)
# What is due later than this is found by looking, once a second.
SOON_S = 10.0
# After being woken: of a hundred changes a second each would else cost a look of its own.
BREATH_S = 0.02
LONGEST_ERROR = 500
BodyOf = Callable[[Prediction, Kind], str]


@dataclass(frozen=True)
class Terms:
    """How hard to try. timeout_s: of one try, whatever the receiver does. patience: for a terminal message.

    per_host: tries that are begun at a time to one host, so that a dead one delays nobody else.
    at_once: tries at the same time altogether.
    """

    timeout_s: float = 10.0
    patience: timedelta = timedelta(hours=24)
    per_host: int = 4
    at_once: int = 128


class Deliverer:
    """Makes deliveries until it is stopped.

    body_of: the JSON of a prediction as it was at an event. secrets_of: an owner's signing keys, newest
    first; each signs, so that a key can be replaced while receivers still know the old one. wake: set by
    others when something may have become due.
    """

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        body_of: BodyOf,
        secrets_of: Callable[[str], Sequence[str]],
        rules: AddressRules,
        clock: Clock,
        wake: asyncio.Event,
        terms: Terms | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self._store, self._outbox, self._body_of, self._secrets_of = store, outbox, body_of, secrets_of
        self._clock, self._terms, self._chance = clock, terms or Terms(), chance or random.Random()
        self._pools = {
            scheme: httpcore2.AsyncConnectionPool(
                network_backend=GuardedBackend(rules, has_tls=scheme == "https"),
                max_connections=self._terms.at_once,
                keepalive_expiry=15,
            )
            for scheme in ("https", "http")
        }
        self._under_way: dict[asyncio.Task[None], str] = {}  # and the host of each
        self._wake = wake

    async def run(self) -> None:
        """Delivers what is due; looks again when woken, and every second."""
        while True:
            self._wake.clear()
            due = await anyio.to_thread.run_sync(self._take_due)
            for delivery in due:
                with bound_contextvars(prediction=delivery.prediction_id):  # what the task and its end say, too
                    task = asyncio.create_task(self._deliver(delivery))
                    self._under_way[task] = delivery.host
                    task.add_done_callback(self._ended)
            if not due:
                await self._pause(1.0)
                await asyncio.sleep(BREATH_S)

    def _take_due(self) -> Sequence[Delivery]:
        room, per_host = self._terms.at_once - len(self._under_way), self._terms.per_host
        if room <= 0:
            return []
        busy = [host for host, count in Counter(self._under_way.values()).items() if count >= per_host]
        now = self._clock()
        leased_until = now + timedelta(seconds=self._terms.timeout_s) + SLACK
        return self._outbox.due_deliveries(now, leased_until, room, per_host, busy)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._under_way.pop(task, None)
        self._wake.set()
        if not task.cancelled() and task.exception() is not None:
            log.error("a webhook delivery failed unexpectedly; it is tried again", exc_info=task.exception())

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return

    async def close(self) -> None:
        """Ends tries that are under way; what they would have sent stays in the outbox."""
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        for pool in self._pools.values():
            await pool.aclose()

    async def _deliver(self, delivery: Delivery) -> None:
        """Sends the next message of a row, and writes down what became of it: whatever fails is a try that failed."""
        message: Message | None = None
        with contained() as step:
            events = await anyio.to_thread.run_sync(self._store.events, delivery.prediction_id, delivery.done_seq)
            message = next_message(events, delivery.wanted)
            if message is None:
                ended = any(event.kind is Kind.COMPLETED for event in events)
                done = replace(delivery, done_seq=events[-1].seq if events else delivery.done_seq, due_at=None)
                outcome = replace(done, state="done") if ended else done
            elif self._is_too_soon(delivery, message):
                outcome = replace(delivery, due_at=(delivery.sent_at or self._clock()) + THROTTLE)
            else:
                delivery = await self._with_body(delivery, message)
                error = await self._send(delivery, message)
                outcome = (
                    self._delivered(delivery, message) if error is None else self._failed(delivery, message, error)
                )
        if isinstance(step.error, StoreError):  # our own database: nobody's try, and nothing could be written down now
            raise step.error
        if step.error is not None:
            log.error("webhook of %s: its delivery failed unexpectedly", delivery.prediction_id, exc_info=step.error)
            outcome = self._failed(delivery, message, f"{type(step.error).__name__}: {step.error}")
        await self._save(outcome)

    async def _with_body(self, delivery: Delivery, message: Message) -> Delivery:
        """The row with its message written out, once: what is tried again is the same to the byte."""
        now = self._clock()
        if message.seq == delivery.message_seq and delivery.body is not None:
            return replace(delivery, first_try_at=delivery.first_try_at or now)
        if message.seq != delivery.message_seq:
            delivery = replace(delivery, message_seq=message.seq, body=None, tries=0, first_try_at=now)
        body = await anyio.to_thread.run_sync(self._make_body, delivery.prediction_id, message.kind)
        return replace(delivery, body=body)

    def _is_too_soon(self, delivery: Delivery, message: Message) -> bool:
        held_back = message.kind in (Kind.OUTPUT, Kind.LOGS) and delivery.tries == 0
        return held_back and delivery.sent_at is not None and self._clock() < delivery.sent_at + THROTTLE

    def _make_body(self, prediction_id: str, kind: Kind) -> str:
        prediction = self._store.get(prediction_id)
        if prediction is None:  # deleted just now, and this row with it
            raise PredictionError(f"prediction {prediction_id} is not there any more")
        return self._body_of(prediction, kind)

    async def _send(self, delivery: Delivery, message: Message) -> str | None:
        """One try. None if the receiver took it, else why not."""
        assert delivery.body is not None
        try:
            async with asyncio.timeout(self._terms.timeout_s):
                url, authorization = split_user(delivery.url)
                headers = self._headers(delivery, message)
                if authorization is not None:
                    headers.append(("authorization", authorization))
                pool = self._pools["https" if url.startswith("https:") else "http"]
                async with pool.stream("POST", url, headers=headers, content=delivery.body.encode()) as answer:
                    # The body of the answer is not read: it may be endless.
                    return None if 200 <= answer.status < 300 else f"the receiver answered {answer.status}"
        except TimeoutError:
            return f"no answer within {self._terms.timeout_s:g} s"
        except (
            httpcore2.NetworkError,
            httpcore2.ProtocolError,
            httpcore2.TimeoutException,
            OSError,
            ValueError,
        ) as error:
            return str(error) or type(error).__name__

    def _headers(self, delivery: Delivery, message: Message) -> list[tuple[bytes | str, bytes | str]]:
        assert delivery.body is not None
        now, message_id = self._clock(), f"msg_{delivery.prediction_id}_{message.seq}"
        signatures = [
            Webhook(secret).sign(message_id, now, delivery.body) for secret in self._secrets_of(delivery.owner)
        ]
        return [
            ("content-type", "application/json"),
            ("user-agent", "dreamreel"),
            ("webhook-id", message_id),
            ("webhook-timestamp", str(int(now.timestamp()))),
            ("webhook-signature", " ".join(signatures)),
        ]

    def _delivered(self, delivery: Delivery, message: Message) -> Delivery:
        now = self._clock()
        if message.kind in (Kind.START, Kind.COMPLETED):  # the others come twice a second
            log.info("webhook of %s (%s): delivered", delivery.prediction_id, message.kind)
        done = replace(
            delivery,
            done_seq=message.seq,
            message_seq=None,
            body=None,
            tries=0,
            sent_at=now,
            last_error=None,
            delivered=delivery.delivered + 1,
        )
        return replace(done, state="done", due_at=None) if message.is_terminal else replace(done, due_at=now)

    def _failed(self, delivery: Delivery, message: Message | None, error: str) -> Delivery:
        """The row after a try that failed. message: None if not even that could be worked out."""
        now, tries = self._clock(), delivery.tries + 1
        failed = replace(
            delivery,
            tries=tries,
            first_try_at=delivery.first_try_at or now,
            last_error=plain(error)[:LONGEST_ERROR],
            due_at=now + pause_after(tries, self._chance),
        )
        log.info("webhook of %s (%s), try %d: %s", delivery.prediction_id, message and message.kind, tries, error)
        if message is None or message.is_terminal:
            if now - (failed.first_try_at or now) >= self._terms.patience:
                log.error("webhook of %s is given up after %d tries: %s", delivery.prediction_id, tries, error)
                return replace(failed, state="given up", due_at=None, dropped=delivery.dropped + 1)
            return failed
        if tries >= MOST_TRIES:
            # Not worth holding back what follows.
            dropped = replace(failed, done_seq=message.seq, message_seq=None, body=None, tries=0, due_at=now)
            return replace(dropped, first_try_at=None, dropped=delivery.dropped + 1)
        return failed

    async def _save(self, delivery: Delivery) -> None:
        await anyio.to_thread.run_sync(self._outbox.save_delivery, delivery)
        delay = (delivery.due_at - self._clock()).total_seconds() if delivery.due_at else SOON_S
        if delay < SOON_S:
            asyncio.get_running_loop().call_later(max(delay, 0), self._wake.set)
