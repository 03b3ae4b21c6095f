"""Work that takes processor time: in turn among an owner's own, and never on the event loop."""

import asyncio
import threading
from collections import Counter

import httpx2
import pytest
from anyio import to_thread
from starlette.testclient import TestClient

from dreamreel.api.app import create_app
from dreamreel.api.http.lanes import OTHER_THREADS
from dreamreel.predictions.accounts import Token, digest_of

OWNERS = ("anna", "ben")


class Pages:
    """The service's page(), which counts its callers. Anna's wait in it until open is set."""

    def __init__(self, context):
        self._page, self._lock = context.service.page, threading.Lock()
        self._now, self.most, self.threads = Counter(), Counter(), set()
        self.open = threading.Event()

    def __call__(self, owner, query):
        with self._lock:
            self._now[owner] += 1
            self.most[owner] = max(self.most[owner], self._now[owner])
            self.threads.add(threading.current_thread())
        assert owner == "ben" or self.open.wait(20)
        with self._lock:
            self._now[owner] -= 1
        return self._page(owner, query)


@pytest.fixture
def pages(context, monkeypatch):
    context.needs_token = True
    for name in OWNERS:
        context.service.store.add_token(Token(name, name, digest_of(name), context.service.clock()))
    counted = Pages(context)
    monkeypatch.setattr(context.service, "page", counted)
    return counted


async def lists(app, owner, count):
    """The statuses of that many lists, asked for at once."""
    headers = {"Authorization": f"Bearer {owner}"}
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
        answers = await asyncio.gather(*(client.get("/v1/predictions") for _ in range(count)))
    return [answer.status_code for answer in answers]


def test_twenty_lists_at_once_are_made_one_by_one_and_nobody_else_waits_behind_them(context, pages):
    async def ask():
        app = create_app(context)
        annas = asyncio.create_task(lists(app, "anna", 20))
        bens = await lists(app, "ben", 2)  # answered while the first of anna's is still being made
        pages.open.set()
        return bens, await annas

    assert asyncio.run(ask()) == ([200] * 2, [200] * 20)
    assert pages.most == {"anna": 1, "ben": 1}
    assert threading.main_thread() not in pages.threads


def test_so_few_threads_answer_everything_else_that_the_loop_gets_its_turn(context):
    with TestClient(create_app(context), base_url="http://127.0.0.1") as client:
        limiter = client.portal.call(to_thread.current_default_thread_limiter)
        assert limiter.total_tokens == OTHER_THREADS < 10
