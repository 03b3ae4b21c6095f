"""The studio's files: one page, its modules and styles, under a policy that lets nothing else in."""

from importlib.resources import files
from pathlib import Path
from typing import Any

from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

STUDIO = Path(str(files("dreamreel") / "studio"))
# Our own files and our own server: nothing inline, nobody else, in no other page's frame.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; font-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# no-cache: asked again each time and answered 304, so that a new release never meets old modules.
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept",
}


def studio_page() -> Response:
    """The one page; its modules read the address to know what to show."""
    return FileResponse(STUDIO / "index.html", media_type="text/html", headers=HEADERS)


class StudioFiles(StaticFiles):
    """Modules and styles with the page's headers."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers.update(HEADERS)
        return response
