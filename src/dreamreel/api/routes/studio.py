"""The studio's files: one page, its modules and styles, under a policy that lets nothing else in.

The page names its files under the revision of all of them (`/studio/REVISION/main.js`): a browser keeps them for good,
and a new release never meets old modules. Without a revision they are asked for anew each time.
"""

import gzip
import hashlib
import html
import re
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from dreamreel.api.squeeze import may_squeeze, squeezed
from dreamreel.api.wire import Wire
from dreamreel.predictions.record import Prediction
from dreamreel.predictions.search import PROMPTS

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
_FOR_GOOD = "public, max-age=31536000, immutable"
_REVISION = re.compile(r"[0-9a-f]{12}")
_TEXTS = (".js", ".css", ".html", ".svg")


def revision() -> str:
    """What stands for the content of all files: 12 hexadecimal digits."""
    known = sorted(path for path in STUDIO.rglob("*") if path.suffix in _TEXTS)
    return _revision(tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in known))


@lru_cache(2)
def _revision(known: tuple[tuple[str, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for name, _, _ in known:
        digest.update(Path(name).name.encode() + b"\0" + Path(name).read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def studio_page(request: Request, head: str = "") -> Response:
    """The one page; its modules read the address to know what to show. head: a title and tags instead of its own."""
    page = (STUDIO / "index.html").read_text("utf-8").replace('"/studio/', f'"/studio/{revision()}/')
    if head:
        page = re.sub(r"<title>.*?</title>", lambda _: head, page, count=1)
    return squeezed(request, Response(page, media_type="text/html", headers=HEADERS))


def film_head(prediction: Prediction, wire: Wire, origin: str) -> str:
    """What a link to a film shows where it is shared: title, poster and video (ogp.me), for whoever has the address."""
    prompts = prediction.input.get(PROMPTS)
    first = re.sub(r"^\s*\d+\s*:\s*", "", prompts.partition("|")[0]).strip() if isinstance(prompts, str) else ""
    title = (prediction.name or first or "A film")[:200]
    tags = {
        "og:title": title,
        "og:type": "video.other",
        "og:site_name": "dreamreel",
        "og:url": f"{origin}/p/{prediction.id}",
        "og:description": prompts[:300] if isinstance(prompts, str) else "",
    }
    if prediction.frames_done and not prediction.data_removed:
        tags["og:image"] = wire.output_url(prediction.id, "poster.jpg", origin)
        if prediction.status.is_terminal:
            tags |= {"og:video": wire.output_url(prediction.id, "video.mp4", origin), "og:video:type": "video/mp4"}
    metas = [f'<meta property="{name}" content="{html.escape(value)}" />' for name, value in tags.items() if value]
    card = '<meta name="twitter:card" content="summary_large_image" />'
    return "\n    ".join([f"<title>{html.escape(title)} · dreamreel</title>", *metas, card])


class StudioFiles(StaticFiles):
    """Modules and styles with the page's headers, compressed once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, with or without a revision before its name."""
        folder, _, rest = path.partition("/")
        if not (rest and _REVISION.fullmatch(folder)):
            return await super().get_response(path, scope)
        response = await super().get_response(rest, scope)
        if folder == revision():
            response.headers["Cache-Control"] = _FOR_GOOD
        return response

    def file_response(self, full_path: Any, stat_result: Any, scope: Scope, status_code: int = 200) -> Response:
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
