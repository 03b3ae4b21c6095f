"""The studio's files under a policy that lets nothing else in, and under a revision that lets browsers keep them.

The page names its files under the revision of all of them (`/studio/REVISION/main.js`): a browser keeps them for good,
and a new release never meets old modules. Those are answered from memory, since a first visit asks for all at once.
Without a revision they are asked for anew each time.
"""

import gzip
import hashlib
import mimetypes
import os
import time
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from dreamreel.api.squeeze import may_squeeze

STUDIO = Path(str(files("dreamreel") / "studio"))
# Our own files and our own server: nothing inline, nobody else, in no other page's frame.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; font-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept, Accept-Encoding",
}
_FOR_GOOD = {**HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}
_TEXTS = (".js", ".css", ".html", ".svg")
# Who works on the page sees a change that soon, and requests look at the disk no more often than that.
_TRUE_FOR_S = 1.0


class Release:
    """All files as they are at one moment. revision: 12 hexadecimal digits that stand for their content."""

    def __init__(self, known: tuple[tuple[str, int, int], ...]) -> None:
        self._files = {Path(name).relative_to(STUDIO).as_posix(): _File(Path(name)) for name, _, _ in known}
        digest = hashlib.sha256()
        for name, file in self._files.items():
            digest.update(Path(name).name.encode() + b"\0" + file.plain + b"\0")
        self.revision = digest.hexdigest()[:12]

    def find(self, path: str) -> "_File | None":
        """The file at `REVISION/NAME`; None for another revision or name."""
        folder, _, name = path.partition("/")
        return self._files.get(name) if folder == self.revision else None


class _File:
    def __init__(self, path: Path) -> None:
        self.plain = path.read_bytes()
        self.media_type = mimetypes.guess_type(path.name)[0] or "text/plain"

    @cached_property
    def squeezed(self) -> bytes:
        return gzip.compress(self.plain, 9, mtime=0)

    def answer(self, request: Request) -> Response:
        """The whole file, to be kept for good."""
        if may_squeeze(request):
            headers = {**_FOR_GOOD, "Content-Encoding": "gzip"}
            return Response(self.squeezed, media_type=self.media_type, headers=headers)
        return Response(self.plain, media_type=self.media_type, headers=_FOR_GOOD)


def release() -> Release:
    """The files as they are now, or were a second ago."""
    return _release_at(int(time.monotonic() / _TRUE_FOR_S))


@lru_cache(1)
def _release_at(_turn: int) -> Release:
    known = sorted(path for path in STUDIO.rglob("*") if path.suffix in _TEXTS)
    return _release(tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in known))


_release = lru_cache(2)(Release)


class KeptFiles:
    """Answers what belongs to the release from memory; all else is the application's."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_asked = (
            scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and scope["path"].startswith("/studio/")
        )
        file = release().find(scope["path"].removeprefix("/studio/")) if is_asked else None
        await (self._app if file is None else file.answer(Request(scope)))(scope, receive, send)


class StudioFiles(StaticFiles):
    """Modules and styles with the page's headers, with or without a revision before their names, as they are now."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        folder, _, rest = path.partition("/")
        is_revision = len(folder) == 12 and set(folder) <= set("0123456789abcdef")
        return await super().get_response(rest if rest and is_revision else path, scope)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        is_whole = isinstance(response, FileResponse) and scope["method"] == "GET"
        if is_whole and Path(full_path).suffix in _TEXTS and may_squeeze(Request(scope)):
            content = _squeezed(str(full_path), stat_result.st_mtime_ns)
            kept = {name: response.headers[name] for name in ("etag", "last-modified")}
            media_type = response.media_type
            response = Response(content, media_type=media_type, headers={**kept, "Content-Encoding": "gzip"})
        response.headers.update(HEADERS)
        return response


@lru_cache(256)
def _squeezed(path: str, _mtime_ns: int) -> bytes:
    return gzip.compress(Path(path).read_bytes(), 9, mtime=0)
