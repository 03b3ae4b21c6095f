import pytest
from tests.contract.outage_contract import OutageContract
from tests.contract.store_contract import StoreContract

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


class TestMemory(StoreContract):
    @pytest.fixture
    def store(self):
        store = opened(MEMORY)
        yield store
        store.close()


class TestSqlite(StoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        store = opened(sqlite_url(tmp_path))
        yield store
        store.close()
