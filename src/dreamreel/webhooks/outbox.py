"""Webhooks as an outbox: one row for each prediction that has one, from which deliveries are made.

A row knows the last event it is done with; what to send next follows from the events behind it. Rows are
woken in the transaction that appends an event, so nothing is lost between the commit and the sending.
"""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from dreamreel.predictions.events import Event, Kind

STATES = ("active", "done", "given up")
SENT = (Kind.START, Kind.OUTPUT, Kind.LOGS, Kind.COMPLETED)
# Outputs and logs at most this often; start and completed are not held back.
THROTTLE = timedelta(milliseconds=500)
MOST_TRIES = 3  # of start, output and logs; completed is tried for Terms.patience
LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True)
class Delivery:
    """The outbox row of a prediction.

    done_seq: the last event that needs no more sending. message_seq, body, tries: the message being
    tried, the exact bytes of it, and how often it was. first_try_at: when it was tried first.
    due_at: when to look again; None while there is nothing to send. state: `active`, `done` or `given up`.
    delivered, dropped: how many messages the receiver took, and how many it was tried with in vain.
    """

    prediction_id: str
    owner: str
    url: str
    wanted: tuple[str, ...]
    state: str = "active"
    done_seq: int = 0
    message_seq: int | None = None
    body: str | None = None
    tries: int = 0
    first_try_at: datetime | None = None
    due_at: datetime | None = None
    sent_at: datetime | None = None
    last_error: str | None = None
    delivered: int = 0
    dropped: int = 0

    @property
    def host(self) -> str:
        """Host and port of the receiver: what is slow or dead together."""
        try:
            return urlsplit(self.url).netloc.rpartition("@")[2].lower()
        except ValueError:  # of an address that an older release accepted
            return self.url


@dataclass(frozen=True)
class Message:
    """What to send next. seq, kind: of its event; everything up to it is done once it is sent."""

    seq: int
    kind: Kind

    @property
    def is_terminal(self) -> bool:
        """Whether it is the last of its prediction."""
        return self.kind is Kind.COMPLETED


def next_message(events: Sequence[Event], wanted: Sequence[str]) -> Message | None:
    """The message to send after some events, in order; None if none of them is wanted.

    Of a run of logs only the newest is sent: the body is the whole prediction anyway.
    """
    sent = [event for event in events if event.kind in SENT and event.kind.value in wanted]
    if not sent:
        return None
    chosen = sent[0]
    for event in sent[1:]:
        if event.kind is not chosen.kind or chosen.kind is not Kind.LOGS:
            break
        chosen = event
    return Message(chosen.seq, chosen.kind)


def pause_after(tries: int, chance: random.Random) -> timedelta:
    """How long to wait after that many failed tries: doubling from a second, with jitter of a half."""
    seconds = min(2.0 ** min(tries - 1, 30), LONGEST_PAUSE.total_seconds())
    return timedelta(seconds=seconds * chance.uniform(0.5, 1.5))


class Outbox(Protocol):
    """The store's side of webhooks. Every method is one transaction, and raises as a Store's do."""

    def due_deliveries(
        self, now: datetime, leased_until: datetime, limit: int, per_host: int, but_not: Collection[str] = ()
    ) -> Sequence[Delivery]:
        """Active rows whose time has come, none of which anybody else is given before leased_until.

        At most per_host of each receiver's host, and none of the hosts in but_not: however many wait for
        one that is dead, they do not stand before the others.
        """

    def save_delivery(self, delivery: Delivery) -> None:
        """Writes a row back and ends its lease; due_at None stays none only if no event came meanwhile."""

    def deliveries(self, state: str | None = None, limit: int = 100) -> Sequence[Delivery]:
        """Rows, the newest prediction's first."""

    def delivery(self, prediction_id: str) -> Delivery | None:
        """The row of a prediction; None if it has no webhook."""

    def counts(self) -> dict[str, int]:
        """How many rows there are of each state."""

    def retry_delivery(self, prediction_id: str, now: datetime) -> bool:
        """Makes a row that was given up active again; False if there is no such row."""

    def count_undelivered(self) -> int:
        """How many active rows have something to send."""
