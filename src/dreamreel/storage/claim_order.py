"""Whose turn it is: which waiting prediction a free worker takes next.

Those that were begun and lost their worker come first, because their owners have waited for that turn
already. Then those whose networks the worker has loaded, before those that it would have to load others for, unless
these have waited for long. Then owners take turns: the one with the fewest running predictions, of these the one whose
last turn is longest ago, and of its predictions the oldest. So nobody waits behind another's hundreds.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Executable, and_, case, func, or_, select

from dreamreel.predictions.record import Status
from dreamreel.predictions.store import Offer
from dreamreel.storage import tables
from dreamreel.storage.rows import needs_in, needs_text, to_us

P = tables.predictions
# No live lease ends later than this many lease lengths from now: the clock it was made by has gone back since.
TOO_FAR = 10
# So long a prediction may wait because others need no network to be loaded.
PATIENCE = timedelta(minutes=1)
UNFINISHED = (Status.STARTING.value, Status.PROCESSING.value)
_IS_UNFINISHED = P.c.status.in_(UNFINISHED)


@dataclass(frozen=True)
class Asked:
    """A worker's question for work.

    until: when a lease taken now ends. fits, loaded, busy: needs as they stand in rows (rows.needs_text), see Offer.
    """

    versions: Sequence[str]
    now: datetime
    until: datetime
    fits: Collection[str]
    loaded: Collection[str]
    busy: Collection[str]

    @property
    def late(self) -> int:
        """What was accepted before has waited for PATIENCE."""
        return to_us(self.now - PATIENCE)


def all_needs() -> Executable:
    """What unfinished predictions need, each once, as a statement."""
    return select(P.c.needs).where(_IS_UNFINISHED).distinct()


def asked(versions: Sequence[str], now: datetime, until: datetime, offer: Offer, needs: Collection[str]) -> Asked:
    """The question of a worker. needs: of all_needs(), or those that can matter."""
    named = {text: needs_in(text) for text in needs}
    fits = [text for text, names in named.items() if offer.begins(names)]
    loaded = [text for text in fits if offer.within(named[text], offer.loaded)]
    both = offer.fits | offer.busy
    waits = named.items() if offer.busy else ()
    busy = [text for text, names in waits if text not in fits and offer.within(names, both)]
    return Asked(versions, now, until, fits, loaded, busy)


def own_needs(offer: Offer) -> Collection[str] | None:
    """What can matter to a worker of one network at most, without a look; None: see all_needs()."""
    names = offer.fits | offer.busy
    return None if len(names) > 1 or offer.beside else {"", needs_text(tuple(names))}


def owners_in_turn(asked: Asked) -> Executable:
    """The owners that something waits for, in the order of their turns.

    Separate from next_claim so that a claim costs little however many wait: owners are few, and only they are
    put in order.
    """
    past = P.alias("past")
    last_turn = select(func.coalesce(func.max(past.c.started_at), 0)).where(past.c.owner == P.c.owner)
    waiting, is_new = _waits(asked, asked.fits), P.c.status == Status.STARTING.value
    is_first = func.min(case((waiting, case((is_new, 1), else_=0))))
    must_load = func.min(case((waiting, _must_load(asked))))
    num_running = func.sum(case((is_new, 0), else_=1))
    oldest = func.min(case((waiting, P.c.created_at)))
    owners = select(P.c.owner).where(_IS_UNFINISHED).group_by(P.c.owner).having(is_first.is_not(None))
    return owners.order_by(is_first, must_load, num_running, last_turn.scalar_subquery(), oldest)


def next_claim(owner: str, asked: Asked) -> Any:
    """The row to claim of an owner, as a statement."""
    is_new = P.c.status == Status.STARTING.value
    mine = and_(P.c.owner == owner, _waits(asked, asked.fits))
    return select(*tables.PREDICTION).where(mine).order_by(is_new, _must_load(asked), P.c.created_at, P.c.id).limit(1)


def held_up(asked: Asked) -> Executable:
    """What has waited for PATIENCE for networks that are busy, as a statement."""
    return select(P.c.id).where(_waits(asked, asked.busy), P.c.created_at < asked.late).limit(1)


def _must_load(asked: Asked) -> ColumnElement[bool]:
    at_once = or_(P.c.needs.in_(asked.loaded), P.c.created_at < asked.late)
    return case((at_once, 0), else_=1)


def _waits(asked: Asked, needs: Collection[str]) -> ColumnElement[bool]:
    too_far = asked.now + TOO_FAR * (asked.until - asked.now)
    ended = or_(P.c.lease_until < to_us(asked.now), P.c.lease_until > to_us(too_far))
    waiting = or_(P.c.status == Status.STARTING.value, and_(P.c.status == Status.PROCESSING.value, ended))
    return and_(waiting, P.c.version.in_(asked.versions), P.c.needs.in_(needs))
