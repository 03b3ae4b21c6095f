"""What stands before the framework: the headers of every answer, and a way past it for what comes most."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class LimitHeaders:
    """Tells in every answer, whatever it is, how many requests are left, when there will be more, and its one type.

    Those in front of it are made by the server below (api/http/slow_clients.py), which tells them itself.
    untold: (left, seconds) for who was not counted, such as a client without a token.
    """

    def __init__(self, app: ASGIApp, untold: tuple[int, int]) -> None:
        self._app = app
        self._untold = untold

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_headers_of(*state.get("ratelimit", self._untold))]
            await send(message)

        await self._app(scope, receive, tell)


def _headers_of(left: int, reset_s: int) -> list[tuple[bytes, bytes]]:
    """The headers of every answer. left: requests. reset_s: seconds until there is one again."""
    return [
        (b"ratelimit-remaining", b"%d" % left),
        (b"ratelimit-reset", b"%d" % reset_s),
        (b"x-content-type-options", b"nosniff"),
    ]


class Direct:
    """Leads requests past routing, dependencies and parsing to applications that need none of it.

    routes: (method, path) -> application. What is not named there goes its ordinary way.
    """

    def __init__(self, app: ASGIApp, routes: Mapping[tuple[str, str], ASGIApp]) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_http = scope["type"] == "http"
        app = self._routes.get((scope["method"], scope["path"]), self._app) if is_http else self._app
        await app(scope, receive, send)
