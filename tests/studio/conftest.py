"""A real server and a real Chromium. Where one is missing the tests say so and skip."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.server import Server, serving
from tests.studio.desk import Desk
from tools.chromium import CHROMIUM

PAGE_PATIENCE_S = 120  # a page that stands still that long does so for good


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("studio") / "data", "--steps", "2") as running:
        yield running


@pytest.fixture(scope="session")
def film(server: Server) -> str:
    """The id of a finished prediction."""
    prompts = "0: a circle | 9: a square"
    made = server.create(zoom="0: (1.02)", angle="0: (1)", animation_prompts=prompts, seed=7)
    return server.wait(made["id"])["id"]


@pytest.fixture(scope="session")
def driver() -> Iterator[Any]:
    """What starts browsers: one for all tests, since a thread can have no second one."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: ./run test-studio")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with playwright.sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(driver: Any) -> Iterator[Any]:
    running = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
    yield running
    running.close()


@pytest.fixture
def context(browser: Any) -> Iterator[Any]:
    """A fresh visitor of the page, for whom nothing plays by itself."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(PAGE_PATIENCE_S * 1000)
    yield context
    context.close()


@pytest.fixture
def desk(context: Any, server: Server) -> Iterator[Desk]:
    """The studio, open and ready to compose; the test fails if the page met an error or asked another host."""
    desk = Desk(context.new_page(), server.url)
    yield desk.open()
    assert desk.errors == []
    assert desk.strangers == []
