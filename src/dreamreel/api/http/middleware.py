"""Middleware before the framework: the headers of every answer, and a way past the framework for creates."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class LimitHeaders:
    """Adds to every answer how many requests are left, when there will be more, and that its type is the one it says.

    Refusals by the server below (api/http/slow_clients.py) have these headers, too, and a request's id.
    uncounted: (left, seconds) for clients that no limit counts, such as those without a token.
    """

    def __init__(self, app: ASGIApp, uncounted: tuple[int, int]) -> None:
        self._app = app
        self._uncounted = uncounted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def send_with_limits(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", ()),
                    *headers_of_every_answer(*state.get("ratelimit", self._uncounted)),
                ]
            await send(message)

        await self._app(scope, receive, send_with_limits)


def headers_of_every_answer(left: int, reset_s: int) -> list[tuple[bytes, bytes]]:
    """The headers of every answer. left: requests. reset_s: seconds until there is one again."""
    return [
        (b"ratelimit-remaining", b"%d" % left),
        (b"ratelimit-reset", b"%d" % reset_s),
        (b"x-content-type-options", b"nosniff"),
    ]


class Direct:
    """Sends some requests straight to an application, past routing, dependencies and parsing.

    routes: (method, path) -> application. All other requests go through the framework. The bar that needs it: a create
    takes 2.7 ms of processor time at most, of which the framework's own way would be 0.2 (measured in one process).
    """

    def __init__(self, app: ASGIApp, routes: Mapping[tuple[str, str], ASGIApp]) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_http = scope["type"] == "http"
        app = self._routes.get((scope["method"], scope["path"]), self._app) if is_http else self._app
        await app(scope, receive, send)
