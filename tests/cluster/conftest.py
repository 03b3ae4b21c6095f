"""A real Postgres for the tests of this folder: started once, emptied for each test."""

import pytest
from tests.cluster.servers import empty, postgres, seaweed


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


@pytest.fixture(scope="session")
def bucket(tmp_path_factory):
    """A bucket of a real S3-compatible server; its credentials are in the environment meanwhile."""
    with seaweed(tmp_path_factory.mktemp("seaweed")) as made, pytest.MonkeyPatch.context() as patch:
        for name, value in made.environment.items():
            patch.setenv(name, value)
        yield made
