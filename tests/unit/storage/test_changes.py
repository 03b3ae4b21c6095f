"""Whether a database was written to, and reads that wait for no writer."""

from dreamreel.storage.database import MEMORY, migrate, open_engine, sqlite_url
from dreamreel.storage.sql import SqlStore


def store_in(folder):
    engine = open_engine(sqlite_url(folder))
    migrate(engine)
    return SqlStore(engine), engine


def test_a_write_by_anybody_changes_the_number_and_a_read_does_not(tmp_path):
    here, _ = store_in(tmp_path)
    there, _ = store_in(tmp_path)
    before = here.changes()
    here.count_all()
    assert here.changes() == before
    there.set_secret("a", "1")
    between = here.changes()
    assert between != before
    here.set_secret("a", "2")
    assert here.changes() not in (before, between)
    here.close()
    there.close()


def test_a_database_in_memory_does_not_tell():
    engine = open_engine(MEMORY)
    migrate(engine)
    assert SqlStore(engine).changes() is None


def test_a_database_that_cannot_be_reached_does_not_tell(tmp_path):
    engine = open_engine(sqlite_url(tmp_path / "nowhere"))
    assert SqlStore(engine).changes() is None


def test_a_read_does_not_wait_for_a_writer(tmp_path):
    store, engine = store_in(tmp_path)
    with engine.begin():
        assert store.count_all() == 0
        assert store.get("none") is None
    store.close()
