"""Answers that are kept for those who ask again."""

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from dreamreel.api.http.rate_limit import RateLimit
from dreamreel.api.poll_cache import MOST_BYTES, PollCache


@dataclass
class Application:
    """Answers with a body, which it lets keep, and counts how often it was asked."""

    body: bytes
    asked: int = 0

    async def __call__(self, scope, _receive, send):
        self.asked += 1
        scope["state"]["keep"]("anna", self.body)
        await send({"type": "http.response.body", "body": self.body})


@pytest.mark.parametrize(("size", "asked"), [(MOST_BYTES, 1), (MOST_BYTES + 1, 2)])
def test_an_answer_is_kept_while_nothing_changes_unless_it_is_large(size, asked):
    application = Application(b"x" * size)
    store = SimpleNamespace(changes=lambda: 1)
    poll_cache = PollCache(application, SimpleNamespace(service=SimpleNamespace(store=store), others=RateLimit(0)))
    bodies = []

    async def send(message):
        bodies.append(message.get("body"))

    async def ask():
        scope = {"type": "http", "method": "GET", "path": "/predictions/a", "scheme": "http", "headers": []}
        await poll_cache(scope, None, send)

    asyncio.run(ask())
    asyncio.run(ask())
    assert application.asked == asked
    assert [body for body in bodies if body] == [application.body] * 2
