"""Answers that are kept for those who ask again."""

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from dreamreel.api.http.rate_limit import RateLimit
from dreamreel.api.poll_cache import MOST_BYTES, PollCache

VERSION = "deforum/deforum_stable_diffusion"


@dataclass
class Application:
    """Answers with a body, which it lets keep, and counts how often it was asked."""

    body: bytes
    asked: int = 0

    async def __call__(self, scope, _receive, send):
        self.asked += 1
        scope["state"]["keep"]("anna", self.body)
        await send({"type": "http.response.body", "body": self.body})


def poll(application, paths):
    """The bodies that are answered to these requests, one after another."""
    store = SimpleNamespace(changes=lambda: 1)
    poll_cache = PollCache(application, SimpleNamespace(service=SimpleNamespace(store=store), others=RateLimit(0)))
    bodies = []

    async def send(message):
        bodies.append(message.get("body"))

    async def ask():
        for path in paths:
            scope = {"type": "http", "method": "GET", "path": path, "scheme": "http", "headers": []}
            await poll_cache(scope, None, send)

    asyncio.run(ask())
    return [body for body in bodies if body]


@pytest.mark.parametrize(("size", "asked"), [(1000, 1), (MOST_BYTES, 1), (MOST_BYTES + 1, 3)])
def test_an_answer_is_kept_while_nothing_changes_if_there_is_room(size, asked):
    application = Application(b"x" * size)
    assert poll(application, ["/predictions/a"] * 3) == [application.body] * 3
    assert application.asked == asked


def test_large_answers_take_the_room_of_those_that_were_kept_first():
    application = Application(b"x" * (MOST_BYTES // 2))
    a, b, c = (f"/predictions/{name}" for name in "abc")
    poll(application, [a, b, a, b, c, b, c])
    assert application.asked == 3
    poll(application, [a, b, c, a])
    assert application.asked == 7


def test_a_kept_answer_is_the_routes_to_the_byte_with_its_headers_in_their_order(client, monkeypatch):
    prediction_id, headers = make(client), {"X-Request-ID": "mine-1"}
    for path in (f"/predictions/{prediction_id}", f"/v1/predictions/{prediction_id}"):
        first = client.get(path, headers=headers)
        with monkeypatch.context() as patch:
            patch.setattr(client.app, "router", None)  # whatever reaches the routes fails
            again = client.get(path, headers=headers)
        assert (again.status_code, again.content) == (200, first.content)
        # What is left of the limit fills up again while one asks.
        left, told = b"ratelimit-remaining", [answer.headers.raw for answer in (first, again)]
        assert [pair for pair in told[1] if pair[0] != left] == [pair for pair in told[0] if pair[0] != left]
        assert [name for name, _ in told[1]] == [name for name, _ in told[0]]


def test_a_kept_answer_is_for_the_host_that_it_was_kept_for(client):
    path = f"/predictions/{make(client)}"
    assert [client.get(path).status_code for _ in range(2)] == [200, 200]
    assert client.get(path, headers={"Host": "films.example.com"}).status_code == 421
    assert client.get(path, headers={"Host": "films example"}).status_code == 400


def test_requests_without_an_id_of_their_own_get_one_each(client):
    path = f"/predictions/{make(client)}"
    assert len({client.get(path).headers["x-request-id"] for _ in range(4)}) == 4


def make(client):
    body = {"version": VERSION, "input": {"animation_prompts": "a fox"}}
    return client.post("/predictions", json=body).json()["id"]
