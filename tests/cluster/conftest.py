"""A real Postgres for the tests of this folder: started once, emptied for each test."""

import pytest
from tests.cluster.servers import empty, postgres


@pytest.fixture(scope="session")
def postgres_url():
    """The URL of a Postgres whose schema is up to date."""
    with postgres() as server:
        yield server.url


@pytest.fixture
def database_url(postgres_url):
    """The same, empty."""
    empty(postgres_url)
    return postgres_url
