"""Fixtures of the tests that need a whole service."""

from collections.abc import Iterator

import pytest
from tests.e2e.server import Server, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the tiny model, one for each module that asks for it."""
    with serving(tmp_path_factory.mktemp("service") / "data") as running:
        yield running
