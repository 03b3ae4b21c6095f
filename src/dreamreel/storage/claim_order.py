"""Whose turn it is: which waiting prediction a free worker takes next.

Those that were begun and lost their worker come first, because their owners have waited for that turn
already. Then owners take turns: the one with the fewest running predictions, of these the one whose last
turn is longest ago, and of its predictions the oldest. So nobody waits behind another's hundreds.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, or_, select

from dreamreel.predictions.record import Status
from dreamreel.storage import tables
from dreamreel.storage.rows import to_us

P = tables.predictions
# No live lease ends later than this many lease lengths from now: the clock it was made by has gone back since.
TOO_FAR = 10


def owners_in_turn(versions: Sequence[str], now: datetime, until: datetime) -> Any:
    """The owners that something waits for, in the order of their turns. until: when a lease taken now ends.

    Separate from next_claim so that a claim costs little however many wait: owners are few, and only they are
    put in order.
    """
    past = P.alias("past")
    last_turn = select(func.coalesce(func.max(past.c.started_at), 0)).where(past.c.owner == P.c.owner)
    waiting, is_new = _waits(versions, now, until), P.c.status == Status.STARTING.value
    is_first = func.min(case((waiting, case((is_new, 1), else_=0))))
    num_running = func.sum(case((is_new, 0), else_=1))
    oldest = func.min(case((waiting, P.c.created_at)))
    unfinished = P.c.status.in_((Status.STARTING.value, Status.PROCESSING.value))
    owners = select(P.c.owner).where(unfinished).group_by(P.c.owner).having(is_first.is_not(None))
    return owners.order_by(is_first, num_running, last_turn.scalar_subquery(), oldest)


def next_claim(owner: str, versions: Sequence[str], now: datetime, until: datetime) -> Any:
    """The row to claim of an owner, as a statement."""
    is_new = P.c.status == Status.STARTING.value
    mine = and_(P.c.owner == owner, _waits(versions, now, until))
    return select(P).where(mine).order_by(is_new, P.c.created_at, P.c.id).limit(1)


def _waits(versions: Sequence[str], now: datetime, until: datetime) -> Any:
    too_far = now + TOO_FAR * (until - now)
    ended = or_(P.c.lease_until < to_us(now), P.c.lease_until > to_us(too_far))
    waiting = or_(P.c.status == Status.STARTING.value, and_(P.c.status == Status.PROCESSING.value, ended))
    return and_(waiting, P.c.version.in_(versions))
