"""`GET /predictions/{id}`, which clients send twice a second: answered from memory while the database stands still.

The bar that needs it: 5,000 such requests a second of one core. By the route a request takes many times the processor
time (`./run bench http` shows both). It stands before all other middleware, whose headers it adds itself.

SQLite says for the price of a function call whether anything was written (storage/changes.py). Where a store does not
know, or something was, the route answers, and its answer is kept. The kept answer is the route's, to the byte, but for
the seconds so far of a prediction that has not ended.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from starlette.types import ASGIApp, Receive, Scope, Send

from dreamreel.api.context import Context
from dreamreel.api.http.middleware import headers_of_every_answer
from dreamreel.api.http.request_ids import HEADER, id_of
from dreamreel.predictions.accounts import Token

Key = tuple[object, ...]
PATH = "/predictions/"  # behind what clients put before it (http/prefix.py)
# Headers that an answer depends on: the client's token, and the address by which it reached the server.
HEADERS = (b"authorization", b"host", b"x-forwarded-host", b"x-forwarded-proto")
MOST = 256
# Of all that is kept: whoever asks again and again for an answer with large inputs is answered from memory, too, since
# reading and writing it takes some milliseconds in which nobody else is answered.
MOST_BYTES = 32 * 1024 * 1024
# Addresses of outputs change with the day, and those of a bucket sooner.
FRESH_S = 60.0


@dataclass(frozen=True)
class _Kept:
    changes: int
    at: float
    owner: str
    body: bytes
    until: datetime | None  # when the client's token expires
    headers: tuple[tuple[bytes, bytes], ...]


class PollCache:
    """Middleware. The route hands its answers over by keep(), which it finds in the request's state."""

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self._app = app
        self._context = context
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and PATH in scope["path"]:
            changes = self._context.service.store.changes()
            if changes is not None:
                await self._poll(scope, receive, send, changes)
                return
        await self._app(scope, receive, send)

    async def _poll(self, scope: Scope, receive: Receive, send: Send, changes: int) -> None:
        key = _key(scope)
        kept = self._kept.get(key)
        if kept is not None and kept.changes == changes and self._is_fresh(kept):
            allowed, left, reset_s = self._context.others.take(kept.owner)
            if allowed:
                named = (HEADER, id_of(scope).encode())
                headers = (*kept.headers, named, *headers_of_every_answer(left, reset_s))
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": kept.body})
                return
        state = scope.setdefault("state", {})

        def keep(owner: str, body: bytes) -> None:
            token: Token | None = state.get("token")
            headers = (b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")
            until = token.expires_at if token else None
            self._keep(key, _Kept(changes, time.monotonic(), owner, body, until, headers))

        state["keep"] = keep
        await self._app(scope, receive, send)

    def _is_fresh(self, kept: _Kept) -> bool:
        is_over = kept.until is not None and self._context.service.clock() >= kept.until
        return not is_over and time.monotonic() - kept.at < FRESH_S

    def _keep(self, key: Key, kept: _Kept) -> None:
        before = self._kept.pop(key, None)
        self._bytes += len(kept.body) - (len(before.body) if before else 0)
        self._kept[key] = kept
        while len(self._kept) > MOST or self._bytes > MOST_BYTES:
            self._bytes -= len(self._kept.popitem(last=False)[1].body)


def _key(scope: Scope) -> Key:
    """All of a request that its answer depends on."""
    client, server = scope.get("client") or ("",), scope.get("server") or ("",)
    asked_by = [pair for pair in scope["headers"] if pair[0] in HEADERS]
    return scope["path"], scope["scheme"], client[0], server[0], *asked_by
