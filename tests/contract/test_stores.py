import pytest
from sqlalchemy.exc import IntegrityError
from tests.contract.needs_contract import NeedsContract
from tests.contract.outage_contract import OutageContract
from tests.contract.store_contract import StoreContract, accepted
from tests.fresh import fresh_store

from dreamreel.predictions.store import StoreError
from dreamreel.storage.database import MEMORY, migrate, open_engine, sqlite_url
from dreamreel.storage.sql import SqlStore


def opened(url):
    engine = open_engine(url)
    migrate(engine)
    return SqlStore(engine)


class TestUnreachableSqlite(OutageContract):
    @pytest.fixture
    def unreachable(self, tmp_path):
        return SqlStore(open_engine(sqlite_url(tmp_path / "no such folder")))


class TestMemory(StoreContract, NeedsContract):
    @pytest.fixture
    def store(self):
        store = opened(MEMORY)
        yield store
        store.close()


class TestSqlite(StoreContract, NeedsContract):
    @pytest.fixture
    def store(self, tmp_path):
        store = fresh_store(tmp_path)
        yield store
        store.close()


def test_a_pool_that_has_no_connection_left_is_an_outage_too():
    engine = open_engine(MEMORY)
    migrate(engine)
    engine.pool._timeout = 0.01  # SQLAlchemy has no other way to change it
    store = SqlStore(engine)
    with engine.connect(), pytest.raises(StoreError, match="QueuePool"):
        store.get("p")
    store.close()


def test_a_file_that_is_damaged_is_an_outage_too(tmp_path):
    store = opened(sqlite_url(tmp_path))
    store.add(accepted())
    store.close()
    (file,) = tmp_path.glob("*.db")
    content = file.read_bytes()
    file.write_bytes(content[:100] + b"\xff" * (len(content) - 100))
    store = SqlStore(open_engine(sqlite_url(tmp_path)))
    with pytest.raises(StoreError, match="malformed"):
        store.get("p")
    store.close()


def test_inputs_are_kept_as_they_were_written(tmp_path):
    engine = open_engine(sqlite_url(tmp_path))
    migrate(engine)
    store, prompt = SqlStore(engine), "\u043b\u0438\u0441\u0430 \u8d64\u3044\u57ce \U0001f98a"
    store.add(accepted(input={"animation_prompts": prompt}, tags=("\u043b\u0438\u0441\u0430",)))
    with engine.connect() as connection:
        kept, tags = connection.exec_driver_sql("select input, tags from predictions").one()
    assert (kept, tags) == (f'{{"animation_prompts": "{prompt}"}}', '["\u043b\u0438\u0441\u0430"]')
    store.close()


@pytest.mark.parametrize("is_file", [False, True])
def test_what_goes_wrong_in_a_transaction_that_is_no_outage_stays_what_it_is_and_leaves_nothing(tmp_path, is_file):
    store = opened(sqlite_url(tmp_path) if is_file else MEMORY)
    prediction = accepted()
    assert store.add(prediction) is not None
    with pytest.raises(IntegrityError):
        store.add(prediction)
    assert store.count_all() == 1
    assert store.add(accepted()) is not None, "whoever writes next has their turn"
    assert store.count_all() == 2
    store.close()


def test_an_event_that_cannot_be_written_takes_its_prediction_along(tmp_path):
    engine = open_engine(sqlite_url(tmp_path))
    migrate(engine)
    store = SqlStore(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE events RENAME TO other_events")
    with pytest.raises(StoreError, match="no such table"):
        store.add(accepted())
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE other_events RENAME TO events")
    assert store.count_all() == 0
    store.close()
