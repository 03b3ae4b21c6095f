"""What the SQL store keeps beside predictions: workers, figures, tokens, uploads, secrets."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, String, Table, and_, bindparam, delete, func, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from dreamreel.predictions.accounts import Token, Upload
from dreamreel.predictions.record import Status
from dreamreel.predictions.search import plain
from dreamreel.predictions.store import Figures, WorkerRow
from dreamreel.storage import tables
from dreamreel.storage.connections import Connections
from dreamreel.storage.rows import from_us, to_us, token_of, token_row, upload_of, worker_of, worker_row

LEASES_EXPIRED = "leases_expired"
# On Postgres one of an owner's at a time; on SQLite only one writes at a time anyway.
TAKE_TURN = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("owner", type_=String), 0)))


class SqlAccounts:
    """The part of SqlStore that is not about predictions."""

    _connections: Connections

    def _insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An insert that may say what to do when the row is there already."""
        return postgresql.insert(table) if self._connections.locks_rows else sqlite.insert(table)

    def save_worker(self, row: WorkerRow) -> None:
        values = worker_row(row)
        statement = self._insert(tables.workers).values(values)
        with self._connections.writing() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))

    def workers(self, since: datetime) -> Sequence[WorkerRow]:
        statement = select(tables.workers).where(tables.workers.c.beat_at >= to_us(since))
        with self._connections.reading() as connection:
            return [worker_of(dict(row)) for row in connection.execute(statement).mappings()]

    def figures(self, now: datetime) -> Figures:
        P, counters = tables.predictions, tables.counters
        is_new = P.c.status == Status.STARTING.value
        is_lost = P.c.lease_until < to_us(now)
        running = and_(P.c.status == Status.PROCESSING.value, P.c.lease_until >= to_us(now))
        with self._connections.reading() as connection:
            count = select(func.count()).select_from(P)
            new, oldest = connection.execute(select(func.count(), func.min(P.c.created_at)).where(is_new)).one()
            lost = connection.execute(count.where(P.c.status == Status.PROCESSING.value, is_lost)).scalar_one()
            by_worker = select(P.c.worker, func.count()).where(running).group_by(P.c.worker)
            held = {row[0]: row[1] for row in connection.execute(by_worker)}
            expired = connection.execute(select(counters.c.value).where(counters.c.name == LEASES_EXPIRED)).scalar()
        since = None if oldest is None else from_us(oldest)
        return Figures(new + lost, since, sum(held.values()), expired or 0, frozenset(held))

    def _count_up(self, connection: Connection, name: str) -> None:
        """One more of something that happens rarely: all who count it wait for each other."""
        statement = self._insert(tables.counters).values(name=name, value=1)
        more = {"value": tables.counters.c.value + 1}
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=more))

    def add_token(self, token: Token) -> None:
        with self._connections.writing() as connection:
            connection.execute(insert(tables.tokens).values(token_row(token)))

    def token(self, digest: str) -> Token | None:
        with self._connections.reading() as connection:
            row = connection.execute(select(tables.tokens).where(tables.tokens.c.digest == digest)).mappings().first()
        return token_of(dict(row)) if row else None

    def tokens(self, owner: str = "") -> Sequence[Token]:
        columns = tables.tokens.c
        wanted = select(tables.tokens).order_by(columns.created_at)
        if owner:
            wanted = wanted.where(or_(columns.account == owner, and_(columns.account == "", columns.id == owner)))
        with self._connections.reading() as connection:
            rows = connection.execute(wanted).mappings()
            return [token_of(dict(row)) for row in rows]

    def delete_token(self, token_id: str) -> bool:
        return self._delete(tables.tokens, tables.tokens.c.id == token_id)

    def add_upload(self, upload: Upload, most_bytes: int = 0) -> bool:
        row = {**asdict(upload), "created_at": to_us(upload.created_at), "expires_at": to_us(upload.expires_at)}
        with self._connections.writing() as connection:
            if self._connections.locks_rows and most_bytes:
                connection.execute(TAKE_TURN, {"owner": upload.owner})
            if most_bytes and _kept_bytes(connection, upload.owner, upload.created_at) + upload.size > most_bytes:
                return False
            connection.execute(insert(tables.uploads).values(row))
            return True

    def upload_bytes(self, owner: str, now: datetime) -> int:
        with self._connections.reading() as connection:
            return _kept_bytes(connection, owner, now)

    def upload(self, upload_id: str) -> Upload | None:
        statement = select(tables.uploads).where(tables.uploads.c.id == plain(upload_id))
        with self._connections.reading() as connection:
            row = connection.execute(statement).mappings().first()
        return upload_of(dict(row)) if row else None

    def delete_upload(self, upload_id: str) -> bool:
        return self._delete(tables.uploads, tables.uploads.c.id == upload_id)

    def _delete(self, table: Table, condition: ColumnElement[bool]) -> bool:
        with self._connections.writing() as connection:
            return bool(connection.execute(delete(table).where(condition)).rowcount)

    def secret(self, name: str, fresh: str) -> str:
        known = select(tables.secrets.c.value).where(tables.secrets.c.name == name)
        with self._connections.reading() as connection:
            found: str | None = connection.execute(known).scalar()
        if found is None:
            statement = self._insert(tables.secrets).values(name=name, value=fresh).on_conflict_do_nothing()
            with self._connections.writing() as connection:
                connection.execute(statement)
                # Another process may have been first: what it wrote is the secret.
                found = connection.execute(known).scalar_one()
        return found

    def set_secret(self, name: str, value: str) -> None:
        statement = self._insert(tables.secrets).values(name=name, value=value)
        with self._connections.writing() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def _kept_bytes(connection: Connection, owner: str, now: datetime) -> int:
    U = tables.uploads
    kept = and_(U.c.owner == owner, U.c.expires_at > to_us(now))
    return int(connection.execute(select(func.coalesce(func.sum(U.c.size), 0)).where(kept)).scalar_one())
