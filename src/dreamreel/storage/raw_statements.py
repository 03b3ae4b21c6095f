"""Statements whose SQL is written once, for a cursor of the driver (Connections.writing_directly).

The bar that needs them: a create takes 2.7 ms of processor time at most. Storing a prediction takes 0.5 to 0.6 ms with
them, of which SQLite alone takes 0.4, most of it the wait for the disk (28 November 2026, beside other programs).
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import JSON, ClauseElement, Dialect, Table, insert
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.compiler import SQLCompiler

from dreamreel.storage.connections import json_text


class RawStatement:
    """A statement with named parameters, of which SQLAlchemy handles no value: they are numbers, texts and None."""

    def __init__(self, statement: ClauseElement, dialect: Dialect, names: Sequence[str] | None = None) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=names)
        assert isinstance(compiled, SQLCompiler)
        self._sql = str(compiled)
        self._order = compiled.positiontup  # None where the driver takes names
        self._fixed = {name: bind.value for bind, name in compiled.bind_names.items() if not bind.required}

    def execute(self, cursor: DBAPICursor, values: Mapping[str, object]) -> None:
        """Runs it; values: of every parameter that has none by itself."""
        values = {**self._fixed, **values} if self._fixed else values
        cursor.execute(self._sql, tuple(values[name] for name in self._order) if self._order else values)

    def value(self, cursor: DBAPICursor, values: Mapping[str, object]) -> str | int | None:
        """The first column of the first row that it finds; None if it finds none."""
        self.execute(cursor, values)
        row: tuple[str | int, ...] | None = cursor.fetchone()
        return None if row is None else row[0]


class RawInsert(RawStatement):
    """An insert into the columns called names; values of JSON columns are whatever JSON can hold."""

    def __init__(self, table: Table, names: Sequence[str], dialect: Dialect) -> None:
        super().__init__(insert(table).inline(), dialect, list(names))
        self._json = [name for name in names if isinstance(table.c[name].type, JSON)]

    def execute(self, cursor: DBAPICursor, values: Mapping[str, object]) -> None:
        """Inserts a row; values has exactly the columns."""
        super().execute(cursor, {**values, **{name: json_text(values[name]) for name in self._json}})
