"""Lists of predictions and uploads in the SQL store: narrowed, in pages that do not shift."""

import base64
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Text, cast, desc, func, select, tuple_

from dreamreel.predictions.accounts import Upload
from dreamreel.predictions.record import Prediction
from dreamreel.predictions.search import folded, plain
from dreamreel.predictions.store import Page, Query
from dreamreel.storage import tables
from dreamreel.storage.connections import Connections
from dreamreel.storage.rows import prediction_of, tag_text, to_us, upload_of

P = tables.predictions
# Inputs, or metadata, of a page: a larger one would keep everybody waiting while it is written as JSON.
PAGE_BYTES = 2 * 1024 * 1024
Row = TypeVar("Row", Prediction, Upload)


class SqlLists:
    """The part of SqlStore that lists predictions and uploads."""

    _connections: Connections

    def page(self, owner: str, query: Query) -> Page[Prediction]:
        wanted = (P.c.owner == owner, *_conditions(query))
        return self._page(tables.PREDICTION, P.c.input, wanted, (query.limit, query.cursor), prediction_of)

    def uploads(self, owner: str, now: datetime, limit: int = 100, cursor: str | None = None) -> Page[Upload]:
        U = tables.uploads
        wanted = (U.c.owner == owner, U.c.expires_at > to_us(now))
        return self._page(tuple(U.c), U.c.metadata, wanted, (limit, cursor), upload_of)

    def _page(
        self,
        columns: Sequence[Column[Any]],
        large: Column[object],
        wanted: Sequence[ColumnElement[bool]],
        at: tuple[int, str | None],
        made: Callable[[dict[str, Any]], Row],
    ) -> Page[Row]:
        """A page of rows. columns: of one table with created_at and id. large: the one whose bytes bound the page.

        at: limit and cursor.
        """
        table = columns[0].table
        (limit, cursor), id_, created_at = at, table.c.id, table.c.created_at
        statement = select(id_, func.length(cast(large, Text)).label("size")).where(*wanted)
        newer, key = _read_cursor(cursor)
        place = tuple_(created_at, id_)
        if key is not None:
            statement = statement.where(place > tuple_(*key) if newer else place < tuple_(*key))
        order = (created_at, id_) if newer else (desc(created_at), desc(id_))
        with self._connections.reading() as connection:
            sizes = connection.execute(statement.order_by(*order).limit(limit + 1)).all()
            ids = [row.id for row in sizes[: min(limit, _num_within([row.size for row in sizes]))]]
            rows = list(connection.execute(select(*columns).where(id_.in_(ids)).order_by(*order)).mappings())
        more = len(sizes) > len(ids)
        found = [made(dict(row)) for row in (reversed(rows) if newer else rows)]
        return _between(found, older=more or newer, newer=more if newer else key is not None)


def _num_within(sizes: Sequence[int]) -> int:
    """How many of the first fit into a page's bytes; one always does."""
    sums = list(accumulate(sizes))
    return max(bisect_right(sums, PAGE_BYTES), 1)


def _conditions(query: Query) -> Iterator[ColumnElement[bool]]:
    """What a query asks of a prediction, beside its owner and its place."""
    if query.created_after is not None:
        yield P.c.created_at >= to_us(query.created_after)
    if query.created_before is not None:
        yield P.c.created_at < to_us(query.created_before)
    if query.source is not None:
        yield P.c.source == plain(query.source)
    if query.statuses:
        yield P.c.status.in_([status.value for status in query.statuses])
    if query.starred is not None:
        yield P.c.starred == query.starred
    for tag in query.tags:
        yield P.c.tag_text.contains(tag_text([tag]), autoescape=True)
    for word in folded(query.text).split():
        yield P.c.search_text.contains(word, autoescape=True)


def _read_cursor(cursor: str | None) -> tuple[bool, tuple[int, str] | None]:
    """(whether it leads to newer ones, the place it stands at). Raises ValueError."""
    if cursor is None:
        return False, None
    try:
        direction, created_at, prediction_id = base64.urlsafe_b64decode(cursor.encode() + b"==").decode().split(":")
        place = int(created_at)
        if not -(2**63) <= place < 2**63 or "\0" in prediction_id:
            raise ValueError
        return {"older": False, "newer": True}[direction], (place, prediction_id)
    except (ValueError, KeyError):
        raise ValueError(f"{cursor[:40]} is no cursor of a list") from None


def _between(found: list[Row], older: bool, newer: bool) -> Page[Row]:
    def cursor(direction: str, at: Row) -> str:
        text = f"{direction}:{to_us(at.created_at)}:{at.id}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    return Page(
        found,
        cursor("older", found[-1]) if found and older else None,
        cursor("newer", found[0]) if found and newer else None,
    )
