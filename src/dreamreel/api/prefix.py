"""Every route with and without `/v1`, however often: clients are given one form and ask for another."""

from starlette.types import ASGIApp, Receive, Scope, Send


class AnyPrefix:
    """Strips leading `/v1` from paths before routing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path: str = scope["path"]
            while path == "/v1" or path.startswith("/v1/"):
                path = path[3:] or "/"
            if path != scope["path"]:
                scope = {**scope, "path": path, "raw_path": path.encode()}
        await self._app(scope, receive, send)
