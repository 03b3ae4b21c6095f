"""How the service is, where things are, and the pages for people."""

import html
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from dreamreel.api import shapes
from dreamreel.api.context import context_of, origin_of
from dreamreel.api.docs_page import docs_page
from dreamreel.api.problems import Problem

router = APIRouter(tags=["service"])
STUDIO = Path(str(files("dreamreel") / "studio"))
# Our own files and our own server, nothing inline and nobody else.
_POLICY = "default-src 'self'; media-src 'self' blob:; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'"
PAGE_HEADERS = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>dreamreel</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<style>body{{font:16px/1.6 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}}
code{{background:#8882;padding:.1em .3em;border-radius:.2em}}</style>
<h1>dreamreel</h1><p>Animating prompts with stable diffusion. Drawing with <b>{model}</b>.</p>
<ul><li><a href="/docs">API reference</a> (<a href="/openapi.json">OpenAPI</a>)</li>
<li><a href="/v1/predictions">Your predictions</a></li><li><a href="/v1/models">The model</a></li>
<li><a href="/health/ready">Health</a></li></ul>"""


@router.get("/", operation_id="index", responses={200: {"model": shapes.IndexShape}})
def index(request: Request) -> Response:
    """For a browser a page; for a client where things are."""
    context, origin = context_of(request), origin_of(request)
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(_PAGE.format(model=html.escape(context.settings.model)))
    return JSONResponse(
        {
            "name": "dreamreel",
            "version": version("dreamreel"),
            "model": context.settings.model,
            "docs": f"{origin}/docs",
            "openapi": f"{origin}/openapi.json",
            "predictions": f"{origin}/v1/predictions",
        }
    )


@router.get("/p/{prediction_id}", include_in_schema=False)
def watch(prediction_id: str) -> FileResponse:  # noqa: ARG001 - the page reads it from its own address
    """A page that shows one prediction while it is drawn."""
    return FileResponse(STUDIO / "watch.html", headers=PAGE_HEADERS)


@router.get("/docs", include_in_schema=False)
def docs(request: Request) -> HTMLResponse:
    """The OpenAPI document as a page."""
    return HTMLResponse(docs_page(request.app.openapi()))


@router.get("/health/live", operation_id="health.live", responses={200: {"model": shapes.HealthShape}})
def live() -> dict[str, Any]:
    """200 while the process answers."""
    return {"status": "live"}


@router.get(
    "/health/ready",
    operation_id="health.ready",
    responses={200: {"model": shapes.HealthShape}, 503: {"model": shapes.ProblemShape}},
)
def ready(request: Request) -> JSONResponse:
    """200 once a worker has its model loaded."""
    service = context_of(request).service
    workers = service.workers()
    if not any(worker.state == "ready" for worker in workers):
        raise Problem(503, "No worker is ready yet.", title="Service Unavailable", headers={"Retry-After": "1"})
    shown = [{"id": w.id, "state": w.state, "model": w.model, "device": w.device} for w in workers]
    return JSONResponse({"status": "ready", "queued": service.store.count_queued(), "workers": shown})
