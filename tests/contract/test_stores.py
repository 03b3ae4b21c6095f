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


def test_what_goes_wrong_in_a_transaction_that_is_no_outage_stays_what_it_is_and_leaves_nothing(tmp_path):
    store = opened(sqlite_url(tmp_path))
    prediction = accepted()
    assert store.add(prediction) is not None
    with pytest.raises(IntegrityError):
        store.add(prediction)
    assert store.count_all() == 1
    store.close()
