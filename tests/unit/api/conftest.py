"""The application over a fresh data folder, without a server and without workers."""

import pytest


@pytest.fixture
def context(tmp_path):
    from tests.fresh import fresh_store

    from dreamreel.cli.server import build_context
    from dreamreel.rendering.setup import Setup
    from dreamreel.settings import Settings

    settings = Settings(data=tmp_path, model="tiny-sd")
    store = fresh_store(tmp_path)
    yield build_context(settings, Setup("tiny-sd", 64, 64, 4), store)
    store.close()


@pytest.fixture
def client(context):
    from starlette.testclient import TestClient

    from dreamreel.api.app import create_app

    return TestClient(create_app(context), base_url="http://127.0.0.1", raise_server_exceptions=False)
