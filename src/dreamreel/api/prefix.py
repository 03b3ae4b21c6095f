"""Every route with and without `/v1`, however often: clients are given one form and ask for another."""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

# The Go client glues the base address to the absolute `next` of a page: `/v1/http://host/v1/predictions`.
_GLUED = re.compile(r"/https?:/{1,2}[^/]+(?=/)")


def bare_path(path: str) -> str:
    """path without what clients put before it."""
    while True:
        if path == "/v1" or path.startswith("/v1/"):
            path = path[3:] or "/"
        elif glued := _GLUED.match(path):
            path = path[glued.end() :]
        else:
            return path


class AnyPrefix:
    """Strips what clients put before a path, before routing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = bare_path(scope["path"])
            if path != scope["path"]:
                scope = {**scope, "path": path, "raw_path": path.encode()}
        await self._app(scope, receive, send)
