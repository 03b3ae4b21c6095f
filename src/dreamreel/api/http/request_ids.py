"""A name for each request, by which its lines in the logs are found: taken from the client or its proxy, or made here.

All that is logged for a request carries it as the field `request`, and the prediction it is about, if it has one in
its address, as `prediction` (logs.py).
"""

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from dreamreel.predictions.accounts import new_id

HEADER = b"x-request-id"
# What goes into logs and answers: no blanks, no controls, no quotes, and bounded in length.
_ID = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:/+=@-]{0,127}")
_PREDICTION = re.compile(r"/predictions/([0-9a-z]{26})(?:/|$)")


class RequestIds:
    """Middleware that names each request in its answer. A header that comes twice, or is no id (_ID), is replaced."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope.setdefault("state", {})["request_id"] = id_of(scope)

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (HEADER, request_id.encode())]
            await send(message)

        await self._app(scope, receive, send_named)


class RequestLogs:
    """Middleware that lets what is logged for a request carry its id. It stands behind what answers without a log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fields = {"request": scope["state"]["request_id"]}
        if match := _PREDICTION.match(scope["path"]):
            fields["prediction"] = match[1]
        with bound_contextvars(**fields):
            await self._app(scope, receive, send)


def id_of(scope: Scope) -> str:
    """What the client calls the request, or an id made here."""
    sent = [value for name, value in scope["headers"] if name == HEADER]
    if len(sent) == 1 and _ID.fullmatch(sent[0]):
        return bytes(sent[0]).decode()
    return new_id()
