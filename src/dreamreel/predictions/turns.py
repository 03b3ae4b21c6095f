"""Whose turn it is: which waiting prediction a free worker takes next.

Those that were begun and lost their worker come first, because their owners have waited for that turn
already. Then owners take turns: the one with the fewest running predictions, of these the one whose last
turn is longest ago, and of its predictions the oldest. So nobody waits behind another's hundreds.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select

from dreamreel.predictions import tables
from dreamreel.predictions.record import Status
from dreamreel.predictions.rows import to_us

P = tables.predictions
# No live lease ends later than this many lease lengths from now: the clock it was made by has gone back since.
TOO_FAR = 10


def next_claim(versions: Sequence[str], now: datetime, until: datetime) -> Any:
    """The row to claim, as a statement. until: when a lease that is taken now ends."""
    too_far = now + TOO_FAR * (until - now)
    ended = or_(P.c.lease_until < to_us(now), P.c.lease_until > to_us(too_far))
    is_new = P.c.status == Status.STARTING.value
    waiting = or_(is_new, and_(P.c.status == Status.PROCESSING.value, ended))
    other = P.alias("other")
    num_running = (
        select(func.count())
        .where(other.c.owner == P.c.owner, other.c.status == Status.PROCESSING.value)
        .scalar_subquery()
    )
    last_turn = select(func.coalesce(func.max(other.c.started_at), 0)).where(other.c.owner == P.c.owner)
    order = (is_new, num_running, last_turn.scalar_subquery(), P.c.created_at, P.c.id)
    return select(P).where(waiting, P.c.version.in_(versions)).order_by(*order).limit(1)


def given_up(max_attempts: int, frames_done: int) -> str:
    """Why a prediction is not tried again, for the person who asked for it."""
    return (
        f"given up after {max_attempts} attempts in a row that finished no frame: each time the worker stopped "
        f"answering at frame {frames_done}; the server's log says more, and a smaller size or other prompts may help"
    )
