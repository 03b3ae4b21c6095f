"""Work that takes processor time: in turn among an owner's own, and never on the event loop."""

import asyncio
import threading
from collections import Counter

import httpx2
import pytest
from anyio import to_thread
from starlette.testclient import TestClient

from dreamreel.animation.views import VERSIONS
from dreamreel.api.app import create_app
from dreamreel.api.http.lanes import BRISK_THREADS, OTHER_THREADS
from dreamreel.predictions.accounts import Token, digest_of

OWNERS = ("anna", "ben")


class Held:
    """A function of the service, which counts its callers. Anna's wait in it until open is set."""

    def __init__(self, function):
        self._function, self._lock = function, threading.Lock()
        self._now, self.most, self.threads = Counter(), Counter(), set()
        self.open = threading.Event()

    def __call__(self, owner, asked):
        with self._lock:
            self._now[owner] += 1
            self.most[owner] = max(self.most[owner], self._now[owner])
            self.threads.add(threading.current_thread())
        assert owner == "ben" or self.open.wait(20)
        with self._lock:
            self._now[owner] -= 1
        return self._function(owner, asked)


@pytest.fixture
def hold(context, monkeypatch):
    """hold(name): that function of the service, held, for a server that knows its owners by their tokens."""
    context.needs_token = True
    for name in OWNERS:
        context.service.store.add_token(Token(name, name, digest_of(name), context.service.clock()))

    def held(name):
        function = Held(getattr(context.service, name))
        monkeypatch.setattr(context.service, name, function)
        return function

    return held


async def ask(app, owner, path, count):
    """The statuses of that many requests, made at once."""
    headers = {"Authorization": f"Bearer {owner}"}
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
        answers = await asyncio.gather(*(client.get(path) for _ in range(count)))
    return [answer.status_code for answer in answers]


@pytest.mark.parametrize(
    ("path", "function", "status"),
    [
        ("/v1/predictions", "page", 200),
        ("/v1/predictions/none", "get", 404),
        ("/v1/predictions/none/frames", "progress", 404),
    ],
)
def test_what_one_asks_for_twenty_times_is_read_once_at_a_time_and_nobody_else_waits(
    context, hold, path, function, status
):
    held = hold(function)

    async def both():
        app = create_app(context)
        annas = asyncio.create_task(ask(app, "anna", path, 20))
        bens = await ask(app, "ben", path, 2)  # answered while the first of anna's is still being read
        held.open.set()
        return bens, await annas

    assert asyncio.run(both()) == ([status] * 2, [status] * 20)
    assert held.most == {"anna": 1, "ben": 1}
    assert threading.main_thread() not in held.threads


def test_who_reads_a_prediction_does_not_wait_behind_lists_of_their_own(context, hold):
    held = hold("page")

    async def both():
        app = create_app(context)
        lists = asyncio.create_task(ask(app, "anna", "/v1/predictions", 1))
        read = await ask(app, "anna", "/v1/predictions/none", 3)
        held.open.set()
        return read, await lists

    assert asyncio.run(both()) == ([404] * 3, [200])


def test_so_few_threads_answer_everything_else_that_the_loop_gets_its_turn(context):
    with TestClient(create_app(context), base_url="http://127.0.0.1") as client:
        limiter = client.portal.call(to_thread.current_default_thread_limiter)
        assert limiter.total_tokens == OTHER_THREADS < 10


def test_small_creates_run_in_few_threads_of_their_own(context, monkeypatch):
    threads, create = set(), context.service.create

    def noted(*args, **kwargs):
        threads.add(threading.current_thread())
        return create(*args, **kwargs)

    monkeypatch.setattr(context.service, "create", noted)
    body = {"version": VERSIONS[0], "input": {"animation_prompts": "a red circle"}}

    async def all_at_once():
        transport = httpx2.ASGITransport(create_app(context))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await asyncio.gather(*(client.post("/v1/predictions", json=body) for _ in range(20)))

    assert {answer.status_code for answer in asyncio.run(all_at_once())} == {201}
    assert 0 < len(threads) <= BRISK_THREADS
    assert threading.main_thread() not in threads
