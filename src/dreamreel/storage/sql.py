"""The store in a database: SQLite (a file, or memory) and Postgres, through SQLAlchemy Core."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    RowMapping,
    Select,
    and_,
    bindparam,
    delete,
    desc,
    func,
    insert,
    or_,
    select,
    update,
)

from dreamreel.predictions.attempts import given_up
from dreamreel.predictions.events import Event, Kind
from dreamreel.predictions.record import Prediction, Status, bounded_logs
from dreamreel.predictions.search import plain, search_text
from dreamreel.predictions.store import NAMELESS, Ending, FrameDone, Offer, Progress
from dreamreel.storage import tables
from dreamreel.storage.changes import Changes
from dreamreel.storage.claim_order import (
    UNFINISHED,
    Asked,
    all_needs,
    asked,
    held_up,
    next_claim,
    own_needs,
    owners_in_turn,
)
from dreamreel.storage.connections import Connections
from dreamreel.storage.notifications import Notifications
from dreamreel.storage.raw_statements import RawInsert, RawStatement
from dreamreel.storage.rows import event_of, prediction_of, prediction_row, to_us
from dreamreel.storage.sql_accounts import LEASES_EXPIRED, TAKE_TURN, SqlAccounts
from dreamreel.storage.sql_lists import SqlLists
from dreamreel.storage.sql_outbox import SqlOutbox, first_delivery, wake_delivery

P, E, D = tables.predictions, tables.events, tables.deliveries
_LABELS = ("name", "starred", "tags", "tag_text", "search_text")
# Built once: building them costs more than running them.
_APPEND, _EVENT = insert(E), ("prediction_id", "kind", "at", "data")
_GET = select(*tables.PREDICTION).where(P.c.id == bindparam("key"))
_CHANGE = update(P).where(P.c.id == bindparam("key"))
_OWNER = select(P.c.owner).where(P.c.id == bindparam("key"))
_PROGRESS = select(P.c.owner, P.c.frames_done, P.c.num_frames).where(P.c.id == bindparam("key"))
# Not in_(), whose SQL is written anew each time.
_IS_UNFINISHED = or_(*(P.c.status == status for status in UNFINISHED))
_UNFINISHED = select(func.count()).select_from(P).where(P.c.owner == bindparam("owner"), _IS_UNFINISHED)
# The newest prediction of the same owner and the same request.
_REPEATED = (
    select(P.c.id)
    .where(P.c.owner == bindparam("owner"), P.c.request_digest == bindparam("digest"))
    .where(P.c.created_at >= bindparam("since"))
    .order_by(desc(P.c.created_at))
    .limit(1)
)
_CLAIMED = _GET.where(P.c.fence == bindparam("held"), P.c.status == Status.PROCESSING.value)


class SqlStore(SqlAccounts, SqlLists):
    """Store over an engine whose schema is up to date (database.migrate)."""

    def __init__(self, engine: Engine) -> None:
        self._connections = Connections(engine)
        self._changes = Changes(engine)
        dialect = engine.dialect
        self._add = RawInsert(P, P.c.keys(), dialect)
        self._deliver = RawInsert(D, [column.name for column in D.c if column is not D.c.number], dialect)
        self._start = RawInsert(E, _EVENT, dialect)
        self._repeated, self._unfinished = RawStatement(_REPEATED, dialect), RawStatement(_UNFINISHED, dialect)
        self._take_turn = RawStatement(TAKE_TURN, dialect)

    def outbox(self) -> SqlOutbox:
        """The webhooks' side of the same database."""
        return SqlOutbox(self._connections)

    def notices(self) -> Notifications | None:
        """Hints to and from the other processes on this database; None where they have no way."""
        return Notifications(self._connections.engine) if self._connections.locks_rows else None

    # Predictions

    def add(self, prediction: Prediction, most: int = 0, repeats_since: datetime | None = None) -> Prediction | None:
        known = self._added(prediction, most, repeats_since)
        if known in (None, prediction.id):
            return prediction if known else None
        # Deleted just now, it is no more what is meant.
        return self.get(known) or self.add(prediction, most, repeats_since)

    def _added(self, prediction: Prediction, most: int, repeats_since: datetime | None) -> str | None:
        """The id of the prediction that is meant: this one, kept, or the one that it repeats; None: there are most."""
        with self._connections.writing_directly() as cursor:
            owner = {"owner": prediction.owner}
            if self._connections.locks_rows and (most or repeats_since):
                # What is looked for here others may be adding; on SQLite only one writes at a time anyway.
                self._take_turn.execute(cursor, owner)
            if repeats_since:
                same = {**owner, "digest": prediction.request_digest, "since": to_us(repeats_since)}
                if repeated := self._repeated.value(cursor, same):
                    return str(repeated)
            if most and int(self._unfinished.value(cursor, owner) or 0) >= most:
                return None
            self._add.execute(cursor, prediction_row(prediction))
            if (delivery := first_delivery(prediction)) is not None:
                self._deliver.execute(cursor, delivery)
            self._start.execute(cursor, _event(prediction.id, Kind.START, to_us(prediction.created_at), {}))
            return prediction.id

    def get(self, prediction_id: str) -> Prediction | None:
        with self._connections.reading() as connection:
            row = connection.execute(_GET, {"key": plain(prediction_id)}).mappings().first()
        return prediction_of(dict(row)) if row else None

    def owner_of(self, prediction_id: str) -> str | None:
        with self._connections.reading() as connection:
            owner: str | None = connection.execute(_OWNER, {"key": plain(prediction_id)}).scalar()
        return owner

    def progress(self, prediction_id: str) -> Progress | None:
        with self._connections.reading() as connection:
            row = connection.execute(_PROGRESS, {"key": plain(prediction_id)}).first()
        return Progress(*row) if row else None

    def count_all(self) -> int:
        return self._count(P.c.id.is_not(None))

    def count_versions(self, versions: Collection[str]) -> Mapping[str, int]:
        counted = select(P.c.version, func.count().label("num")).where(P.c.version.in_(versions)).group_by(P.c.version)
        with self._connections.reading() as connection:
            return {row.version: row.num for row in connection.execute(counted)}

    def count_queued(self) -> int:
        return self._count(P.c.status == Status.STARTING.value)

    def _count(self, condition: ColumnElement[bool]) -> int:
        with self._connections.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(P).where(condition)).scalar_one())

    # Claims

    def claim(
        self,
        worker: str,
        versions: Sequence[str],
        now: datetime,
        until: datetime,
        max_attempts: int,
        offer: Offer = NAMELESS,
    ) -> Prediction | None:
        while True:
            with self._connections.writing() as connection:
                needs = own_needs(offer)
                if needs is None:
                    needs = list(connection.execute(all_needs()).scalars())
                row = self._next(connection, asked(versions, now, until, offer, needs))
                if row is None:
                    return None
                if row["worker"] is not None:
                    self._count_up(connection, LEASES_EXPIRED)
                # Once more, to make a video of what there is: unless that was tried, or there is nothing.
                if row["attempts"] < max_attempts + (row["frames_done"] > 0):
                    return _claim(connection, dict(row), worker, now, until)
                ending = Ending(Status.FAILED, error=given_up(max_attempts, row["frames_done"]))
                _end(connection, dict(row), ending, now)

    def _next(self, connection: Connection, asked: Asked) -> RowMapping | None:
        if asked.busy and connection.execute(held_up(asked)).first() is not None:
            return None
        for owner in list(connection.execute(owners_in_turn(asked)).scalars()):
            statement = next_claim(owner, asked)
            locked = statement.with_for_update(skip_locked=True) if self._connections.locks_rows else statement
            row = connection.execute(locked).mappings().first()
            if row is not None:  # or other workers hold locks on all of this owner's
                return row
        return None

    def beat(self, worker: str, held: Collection[str], until: datetime) -> frozenset[str]:
        mine = and_(P.c.id.in_(held), P.c.worker == worker, P.c.status == Status.PROCESSING.value)
        with self._connections.writing() as connection:
            connection.execute(update(P).where(mine).values(lease_until=to_us(until)))
            return frozenset(row.id for row in connection.execute(select(P.c.id).where(mine)))

    def cancel_requested(self, prediction_ids: Collection[str]) -> frozenset[str]:
        wanted = and_(P.c.id.in_(prediction_ids), P.c.cancel_requested.is_(True))
        with self._connections.reading() as connection:
            return frozenset(row.id for row in connection.execute(select(P.c.id).where(wanted)))

    def holds(self, prediction_id: str, fence: int) -> bool:
        current = and_(P.c.id == prediction_id, P.c.fence == fence, P.c.status == Status.PROCESSING.value)
        with self._connections.reading() as connection:
            return connection.execute(select(P.c.id).where(current, P.c.worker.is_not(None))).first() is not None

    def expire_leases(self, worker: str) -> None:
        with self._connections.writing() as connection:
            connection.execute(update(P).where(P.c.worker == worker).values(lease_until=0))
            connection.execute(delete(tables.workers).where(tables.workers.c.id == worker))

    def add_logs(self, prediction_id: str, fence: int, text: str, now: datetime) -> bool:
        with self._connections.writing() as connection:
            row = self._claimed(connection, prediction_id, fence)
            if row is None:
                return False
            _append_logs(connection, row, text, now)
            return True

    def add_frames(self, prediction_id: str, fence: int, frames: Sequence[FrameDone], now: datetime) -> bool:
        with self._connections.writing() as connection:
            row = self._claimed(connection, prediction_id, fence)
            if row is None:
                return False
            for frame in frames:
                # It gets on: what counts is attempts in a row that finished no frame.
                _append_logs(connection, row, frame.text, now, frames_done=frame.idx + 1, attempts=0)
                said = {"idx": frame.idx, "seconds": frame.seconds, "evaluations": frame.evaluations}
                data = {**said, **({"drift": dict(frame.drift)} if frame.drift else {})}
                _append(connection, prediction_id, Kind.FRAME, to_us(now), data)
            return True

    def finish(self, prediction_id: str, fence: int, ending: Ending, now: datetime) -> bool:
        with self._connections.writing() as connection:
            row = self._claimed(connection, prediction_id, fence)
            if row is None:
                return False
            if row["cancel_requested"] and ending.status is not Status.CANCELED:
                ending = Ending(Status.CANCELED, metrics=ending.metrics, text=ending.text)
            _end(connection, row, ending, now)
            return True

    def release(self, prediction_id: str, fence: int) -> bool:
        with self._connections.writing() as connection:
            row = self._claimed(connection, prediction_id, fence)
            if row is None:
                return False
            # An ended lease in `processing` is what claim() looks for; attempts counts only losses.
            changes = {"worker": None, "lease_until": 0, "attempts": max(row["attempts"] - 1, 0)}
            connection.execute(_CHANGE, {"key": prediction_id, **changes})
            return True

    def _claimed(self, connection: Connection, prediction_id: str, fence: int) -> dict[str, Any] | None:
        return self._locked(connection, _CLAIMED, {"key": prediction_id, "held": fence})

    def _locked(self, connection: Connection, statement: Select[Any], which: dict[str, Any]) -> dict[str, Any] | None:
        locked = statement.with_for_update() if self._connections.locks_rows else statement
        row = connection.execute(locked, which).mappings().first()
        return dict(row) if row else None

    def request_cancel(self, prediction_id: str, now: datetime) -> Prediction | None:
        with self._connections.writing() as connection:
            row = self._locked(connection, _GET, {"key": prediction_id})
            if row is None:
                return None
            if row["status"] == Status.STARTING.value:
                _end(connection, row, Ending(Status.CANCELED), now)
            elif row["status"] == Status.PROCESSING.value:
                connection.execute(_CHANGE, {"key": prediction_id, "cancel_requested": True})
        return self.get(prediction_id)

    def label(self, prediction_id: str, labels: Mapping[str, Any]) -> Prediction | None:
        with self._connections.writing() as connection:
            row = self._locked(connection, _GET, {"key": plain(prediction_id)})
            if row is None:
                return None
            labeled = replace(prediction_of(row), **labels)
            changed = {name: value for name, value in prediction_row(labeled).items() if name in _LABELS}
            connection.execute(_CHANGE, {"key": prediction_id, **changed})
            return labeled

    def delete(self, prediction_id: str) -> bool:
        with self._connections.writing() as connection:
            row = self._locked(connection, _GET, {"key": plain(prediction_id)})
            if row is None or not Status(row["status"]).is_terminal:
                return False
            for column in (E.c.prediction_id, tables.deliveries.c.prediction_id, P.c.id):
                connection.execute(delete(column.table).where(column == prediction_id))
            return True

    def due(self, now: datetime) -> Sequence[str]:
        condition = and_(P.c.status.in_(UNFINISHED), P.c.deadline <= to_us(now), P.c.cancel_requested.is_(False))
        with self._connections.reading() as connection:
            return [row.id for row in connection.execute(select(P.c.id).where(condition))]

    def ended_before(self, time: datetime, limit: int) -> Sequence[str]:
        ended = and_(P.c.completed_at < to_us(time), P.c.data_removed.is_(False))
        statement = select(P.c.id).where(ended).order_by(P.c.completed_at).limit(limit)
        with self._connections.reading() as connection:
            return [row.id for row in connection.execute(statement)]

    def remove_data(self, prediction_id: str) -> None:
        ended = and_(P.c.id == prediction_id, P.c.completed_at.is_not(None))
        removed: dict[str, Any] = {"input": {}, "logs": "", "output": None, "data_removed": True}
        with self._connections.writing() as connection:
            name = connection.execute(select(P.c.name).where(ended)).scalar()
            removed["search_text"] = search_text(name, {})
            if connection.execute(update(P).where(ended).values(removed)).rowcount:
                # Its last event stays, so that a reader who follows it learns that nothing more will come.
                removable = and_(E.c.prediction_id == prediction_id, E.c.kind != Kind.COMPLETED.value)
                connection.execute(delete(E).where(removable))

    def expired_uploads(self, now: datetime) -> Sequence[str]:
        statement = select(tables.uploads.c.id).where(tables.uploads.c.expires_at <= to_us(now))
        with self._connections.reading() as connection:
            return [row.id for row in connection.execute(statement)]

    # Events

    def events(self, prediction_id: str, after: int = 0, limit: int = 1000) -> Sequence[Event]:
        statement = select(E).where(E.c.prediction_id == prediction_id, E.c.seq > after).order_by(E.c.seq).limit(limit)
        with self._connections.reading() as connection:
            return [event_of(dict(row)) for row in connection.execute(statement).mappings()]

    def has_event(self, prediction_id: str, seq: int) -> bool:
        statement = select(E.c.seq).where(E.c.prediction_id == prediction_id, E.c.seq == seq)
        with self._connections.reading() as connection:
            return connection.execute(statement).first() is not None

    def last_event(self, prediction_id: str, kind: Kind) -> Event | None:
        statement = select(E).where(E.c.prediction_id == prediction_id, E.c.kind == kind.value)
        with self._connections.reading() as connection:
            row = connection.execute(statement.order_by(desc(E.c.seq)).limit(1)).mappings().first()
        return event_of(dict(row)) if row else None

    def changes(self) -> int | None:
        return self._changes.count()

    def close(self) -> None:
        self._changes.close()
        self._connections.close()


def _claim(connection: Connection, row: dict[str, Any], worker: str, now: datetime, until: datetime) -> Prediction:
    changes = {
        "status": Status.PROCESSING.value,
        # A clock that went back must not begin a prediction before it was accepted.
        "started_at": row["started_at"] or max(to_us(now), row["created_at"]),
        "attempts": row["attempts"] + 1,
        "worker": worker,
        "fence": row["fence"] + 1,
        "lease_until": to_us(until),
    }
    connection.execute(_CHANGE, {"key": row["id"], **changes})
    if row["status"] == Status.STARTING.value:
        _append(connection, row["id"], Kind.STATUS, to_us(now), {"status": changes["status"]})
    return prediction_of({**row, **changes})


def _event(prediction_id: str, kind: Kind, at: int, data: dict[str, Any]) -> dict[str, Any]:
    return {"prediction_id": prediction_id, "kind": kind.value, "at": at, "data": data}


def _append(connection: Connection, prediction_id: str, kind: Kind, at: int, data: dict[str, Any]) -> None:
    connection.execute(_APPEND, _event(prediction_id, kind, at, data))
    wake_delivery(connection, prediction_id, kind.value, at)


def _append_logs(connection: Connection, row: dict[str, Any], text: str, now: datetime, **changes: object) -> None:
    if text:
        changes["logs"] = row["logs"] = bounded_logs(row["logs"] + plain(text))
        _append(connection, row["id"], Kind.LOGS, to_us(now), {"text": text})
    if changes:
        connection.execute(_CHANGE, {"key": row["id"], **changes})


def _end(connection: Connection, row: dict[str, Any], ending: Ending, now: datetime) -> None:
    """Moves row's prediction to its terminal status, with the events that tell of it."""
    prediction = prediction_of(row).moved(ending.status)
    # A clock that went back must not end a prediction before it began.
    completed = max(to_us(now), row["started_at"] or row["created_at"])
    metrics = {**row["metrics"], **(ending.metrics or {}), "total_time": (completed - row["created_at"]) / 1e6}
    if row["started_at"] is not None:
        metrics["predict_time"] = (completed - row["started_at"]) / 1e6
    changes = {
        "status": prediction.status.value,
        "completed_at": completed,
        "output": ending.output,
        "error": None if ending.error is None else plain(ending.error),
        "metrics": metrics,
        "worker": None,
        "lease_until": None,
    }
    _append_logs(connection, row, ending.text, now, **changes)
    if ending.error is not None:
        _append(connection, row["id"], Kind.ERROR, completed, {"detail": ending.error})
    if ending.output is not None:
        _append(connection, row["id"], Kind.OUTPUT, completed, {"output": ending.output})
    _append(connection, row["id"], Kind.COMPLETED, completed, {"status": prediction.status.value})
