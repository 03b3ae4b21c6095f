"""Every route with and without `/v1`: clients are given one form and ask for another."""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

# Twice, for a base address with `/v1` and a client that adds its own. The Go client glues the base address to the
# absolute `next` of a page: `/v1/http://host/v1/predictions`.
_PREFIX = re.compile(r"(?:/v1(?=/|\Z)){0,2}(?:/https?:/{1,2}[^/]+(?=/)(?:/v1(?=/|\Z))?)?")


def bare_path(path: str) -> str:
    """path without what clients put before it, once: what is longer is no path of ours."""
    match = _PREFIX.match(path)
    return (path[match.end() :] if match else path) or "/"


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
