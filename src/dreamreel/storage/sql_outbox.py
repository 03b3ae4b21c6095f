"""The outbox in a database."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, desc, func, or_, select, update

from dreamreel.predictions.record import Prediction
from dreamreel.predictions.search import plain
from dreamreel.storage import tables
from dreamreel.storage.connections import Connections
from dreamreel.storage.rows import from_us, to_us
from dreamreel.webhooks.outbox import SENT, STATES, Delivery

D, E = tables.deliveries, tables.events
_TIMES = ("first_try_at", "due_at", "sent_at")
_SENT = frozenset(kind.value for kind in SENT)
# Also where it is due already: that waits for a writer that is just about to say that it is not (save_delivery).
_WAKE = (
    update(D)
    .where(D.c.prediction_id == bindparam("key"), D.c.state == "active")
    .values(due_at=func.coalesce(D.c.due_at, bindparam("at")))
)
_ANY_DUE = (
    select(D.c.number)
    .where(D.c.state == "active", D.c.due_at <= bindparam("now"), D.c.leased_until <= bindparam("now"))
    .where(D.c.host.not_in(bindparam("but_not", expanding=True)))
    .limit(1)
)


def first_delivery(prediction: Prediction) -> dict[str, object] | None:
    """The row that a prediction is accepted with, due at its start; None if it has no webhook."""
    if prediction.webhook is None:
        return None
    row = Delivery(prediction.id, prediction.owner, prediction.webhook, prediction.webhook_events)
    return {**_row_of(replace(row, due_at=prediction.created_at)), "leased_until": 0}


def wake_delivery(connection: Connection, prediction_id: str, kind: str, at: int) -> None:
    """Makes a row due, in the transaction that appends an event it may want."""
    if kind in _SENT:
        connection.execute(_WAKE, {"key": prediction_id, "at": at})


class SqlOutbox:
    """Outbox over an engine whose schema is up to date."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def due_deliveries(
        self, now: datetime, leased_until: datetime, limit: int, per_host: int, but_not: Collection[str] = ()
    ) -> Sequence[Delivery]:
        if not self._is_any(now, but_not):
            return []
        due = and_(D.c.state == "active", D.c.due_at <= to_us(now), D.c.leased_until <= to_us(now))
        due = and_(due, D.c.host.not_in(but_not))
        place = func.row_number().over(partition_by=D.c.host, order_by=(D.c.due_at, D.c.number))
        placed = select(D.c.number, place.label("place")).where(due).subquery()
        first = select(placed.c.number).where(placed.c.place <= per_host)
        # `due` once more: on Postgres another server may have taken a row between the look and the lock.
        statement = select(D).where(due, D.c.number.in_(first)).order_by(D.c.due_at).limit(limit)
        with self._connections.writing() as connection:
            locked = statement.with_for_update(skip_locked=True) if self._connections.locks_rows else statement
            rows = [dict(row) for row in connection.execute(locked).mappings()]
            ids = [row["prediction_id"] for row in rows]
            connection.execute(update(D).where(D.c.prediction_id.in_(ids)).values(leased_until=to_us(leased_until)))
        return [_delivery_of(row) for row in rows]

    def _is_any(self, now: datetime, but_not: Collection[str]) -> bool:
        """A look that takes no lock: most of the time nothing is due."""
        with self._connections.reading() as connection:
            return connection.execute(_ANY_DUE, {"now": to_us(now), "but_not": list(but_not)}).first() is not None

    def save_delivery(self, delivery: Delivery) -> None:
        row = _row_of(delivery)
        mine = D.c.prediction_id == delivery.prediction_id
        with self._connections.writing() as connection:
            if delivery.due_at is None and delivery.state == "active":
                if self._connections.locks_rows:
                    connection.execute(select(D.c.number).where(mine).with_for_update())
                # An event may have come since the row was read, and found it awake.
                newer = and_(E.c.prediction_id == delivery.prediction_id, E.c.seq > delivery.done_seq)
                is_sent = E.c.kind.in_(_SENT)
                first = connection.execute(select(func.min(E.c.at)).where(newer, is_sent)).scalar()
                row["due_at"] = first
            connection.execute(update(D).where(mine).values(**row, leased_until=0))

    def deliveries(self, state: str | None = None, limit: int = 100) -> Sequence[Delivery]:
        statement = select(D).order_by(desc(D.c.number)).limit(limit)
        if state is not None:
            statement = statement.where(D.c.state == state)
        with self._connections.reading() as connection:
            return [_delivery_of(dict(row)) for row in connection.execute(statement).mappings()]

    def delivery(self, prediction_id: str) -> Delivery | None:
        with self._connections.reading() as connection:
            row = connection.execute(select(D).where(D.c.prediction_id == plain(prediction_id))).mappings().first()
        return _delivery_of(dict(row)) if row else None

    def counts(self) -> dict[str, int]:
        statement = select(D.c.state, func.count()).group_by(D.c.state)
        with self._connections.reading() as connection:
            rows = connection.execute(statement).all()
        return dict.fromkeys(STATES, 0) | {row[0]: row[1] for row in rows}

    def retry_delivery(self, prediction_id: str, now: datetime) -> bool:
        mine = and_(D.c.prediction_id == prediction_id, or_(D.c.state == "given up", D.c.due_at.is_not(None)))
        changes = {"state": "active", "due_at": to_us(now), "tries": 0, "first_try_at": None, "leased_until": 0}
        with self._connections.writing() as connection:
            return bool(connection.execute(update(D).where(mine).values(changes)).rowcount)

    def count_undelivered(self) -> int:
        waiting = and_(D.c.state == "active", D.c.due_at.is_not(None))
        with self._connections.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(D).where(waiting)).scalar_one())


def _row_of(delivery: Delivery) -> dict[str, object]:
    row = asdict(delivery) | {"host": delivery.host}
    row["wanted"] = list(delivery.wanted)
    for name in _TIMES:
        row[name] = None if row[name] is None else to_us(row[name])
    return row


def _delivery_of(row: dict[str, Any]) -> Delivery:
    values = {name: value for name, value in row.items() if name not in ("leased_until", "number", "host")}
    values["wanted"] = tuple(values["wanted"])
    for name in _TIMES:
        values[name] = None if values[name] is None else from_us(values[name])
    return Delivery(**values)
