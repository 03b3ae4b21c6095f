"""How the service is, where things are, and the pages for people."""

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from dreamreel.api import schemas
from dreamreel.api.context import context_of, origin_of
from dreamreel.api.docs_page import POLICY, docs_page
from dreamreel.api.http.problems import Problem
from dreamreel.api.routes.models import drawing
from dreamreel.api.routes.studio import film_head, studio_page

router = APIRouter(tags=["service"])


@router.get("/", operation_id="index", responses={200: {"model": schemas.IndexShape}})
def index(request: Request) -> Response:
    """For a browser the studio; for a client where things are."""
    context, origin = context_of(request), origin_of(request)
    if "text/html" in request.headers.get("accept", ""):
        return studio_page(request)
    return JSONResponse(
        {
            "name": "dreamreel",
            "version": version("dreamreel"),
            **drawing(context),
            "docs": f"{origin}/docs",
            "openapi": f"{origin}/openapi.json",
            "predictions": f"{origin}/v1/predictions",
        }
    )


@router.get("/p/{prediction_id}", include_in_schema=False)
def watch(request: Request, prediction_id: str) -> Response:
    """The studio, opened at one prediction; where no token is needed it says which, for previews of links."""
    context = context_of(request)
    prediction = None if context.needs_token else context.service.store.get(prediction_id)
    return studio_page(request, film_head(prediction, context.wire, origin_of(request)) if prediction else "")


@router.get("/docs", include_in_schema=False)
def docs(request: Request) -> HTMLResponse:
    """The OpenAPI document as a page."""
    return HTMLResponse(docs_page(request.app.openapi()), headers={"Content-Security-Policy": POLICY})


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request) -> JSONResponse:
    """The OpenAPI document. Made in a thread: the first time it takes a third of a second."""
    return JSONResponse(request.app.openapi())


@router.get("/health/live", operation_id="health.live", responses={200: {"model": schemas.HealthShape}})
async def live() -> dict[str, Any]:
    """200 while the process answers."""
    return {"status": "live"}


@router.get("/health", operation_id="health", responses={200: {"model": schemas.HealthShape}})
def health(request: Request) -> dict[str, Any]:
    """How the service is, always 200 while it answers: the workers that could draw now, and what waits for them."""
    service = context_of(request).service
    workers = service.workers()
    ready = [worker for worker in workers if worker.state == "ready"]
    shown = [{"id": worker.id, "device": worker.device} for worker in ready]
    loading = sum(worker.state == "loading" for worker in workers)
    status = "ready" if ready else "waiting"
    return {"status": status, "queued": service.store.count_queued(), "workers": shown, "loading": loading}


@router.get(
    "/health/ready",
    operation_id="health.ready",
    responses={200: {"model": schemas.HealthShape}, 503: {"model": schemas.ProblemShape}},
)
def ready(request: Request) -> JSONResponse:
    """200 once a worker has its model loaded."""
    service = context_of(request).service
    workers = service.workers()
    if not any(worker.state == "ready" for worker in workers):
        raise Problem(503, "No worker is ready yet.", title="Service Unavailable", headers={"Retry-After": "1"})
    # Their ids name hosts, which nobody without a token needs to know.
    shown = [
        {"state": w.state, "model": w.model, "device": w.device, "proofs": w.stats.get("proofs", [])} for w in workers
    ]
    return JSONResponse({"status": "ready", "queued": service.store.count_queued(), "workers": shown})
