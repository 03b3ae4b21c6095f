import shutil
import sqlite3
import sys
from importlib.resources import files

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, text

from dreamreel.storage.database import DatabaseError, migrate, newest_revision, open_engine, sqlite_url, upgrade
from dreamreel.storage.sql import SqlStore
from dreamreel.storage.tables import metadata


@pytest.fixture
def engine(tmp_path):
    engine = open_engine(sqlite_url(tmp_path))
    yield engine
    engine.dispose()


def test_the_migrations_make_the_schema_of_the_code(engine):
    migrate(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_predictions_of_versions_are_counted_from_an_index_alone(engine):
    migrate(engine)
    plan = plan_of(engine, lambda: SqlStore(engine).count_versions({"v"}))
    assert plan == ["SEARCH predictions USING COVERING INDEX predictions_by_version (version=?)"]


def plan_of(engine, read):
    """How SQLite finds what the last statement of read() selects."""
    ran = []

    def note(_connection, _cursor, statement, parameters, *_):
        ran.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    read()
    event.remove(engine, "before_cursor_execute", note)
    statement, parameters = ran[-1]
    with engine.connect() as connection:
        return [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]


def test_migrating_twice_changes_nothing_and_needs_no_alembic(engine, monkeypatch):
    assert migrate(engine) == newest_revision()
    monkeypatch.setitem(sys.modules, "alembic", None)
    assert migrate(engine) == newest_revision()


def test_the_newest_revision_is_the_one_that_no_migration_follows():
    scripts = ScriptDirectory(str(files("dreamreel.storage") / "migrations"))
    assert scripts.get_heads() == [newest_revision()]


def test_what_was_accepted_under_an_older_schema_is_still_there_after_migrating(engine):
    with engine.begin() as connection:
        upgrade(connection, "0002")
        connection.exec_driver_sql(
            "INSERT INTO predictions (id, owner, version, input, seed, num_frames, created_at, status, source, logs, "
            "metrics, frames_done, attempts, cancel_requested, data_removed, webhook_events, origin, request_digest, "
            "fence) VALUES ('a', 'anna', 'v', '{}', 1, 100, 1, 'starting', 'api', '', '{}', 0, 0, 0, 0, '[]', '', "
            "'key:k', 0)"
        )
    migrate(engine)
    assert SqlStore(engine).get("a").body_digest == ""


def test_a_schema_of_the_future_is_refused_with_the_way_out(engine):
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match="has schema 9999, which this version of dreamreel does not know"):
        migrate(engine)


def test_a_database_that_cannot_be_reached_is_one_sentence_without_the_password(tmp_path):
    with pytest.raises(DatabaseError, match="cannot be reached"):
        migrate(open_engine(f"sqlite:///{tmp_path}/nowhere/x.db"))
    with pytest.raises(DatabaseError) as caught:
        migrate(open_engine("postgresql://anna:secret@127.0.0.1:9/none"))
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_one_sentence(tmp_path):
    (tmp_path / "dreamreel.db").write_bytes(b"not a database" * 100)
    with pytest.raises(DatabaseError, match="not a database"):
        migrate(open_engine(sqlite_url(tmp_path)))


def test_commits_are_durable_and_readers_do_not_block_writers(engine, tmp_path):
    migrate(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    reader = sqlite3.connect(tmp_path / "dreamreel.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM predictions").fetchall()
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO secrets VALUES ('a', 'b')")
    reader.close()


@pytest.mark.parametrize("damage", ["torn", "flipped", "cut"])
def test_a_damaged_write_ahead_log_costs_at_most_what_was_damaged(engine, tmp_path, damage):
    migrate(engine)
    sqlite3.connect(tmp_path / "dreamreel.db").execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store = SqlStore(engine)
    for name in ("first", "last"):
        store.set_secret(name, name)
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for suffix in ("", "-wal"):  # what a crash leaves behind
        shutil.copy(tmp_path / f"dreamreel.db{suffix}", crashed / f"dreamreel.db{suffix}")
    wal = crashed / "dreamreel.db-wal"
    data = bytearray(wal.read_bytes())
    assert data
    flipped = bytearray(data)
    flipped[-100] ^= 0xFF
    wal.write_bytes({"torn": data + b"\x00garbage" * 999, "flipped": flipped, "cut": data[:-100]}[damage])
    again = open_engine(sqlite_url(crashed))
    migrate(again)
    with again.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    recovered = SqlStore(again)
    assert recovered.secret("first", "lost") == "first"
    assert recovered.secret("last", "lost") == ("last" if damage == "torn" else "lost")
    again.dispose()
