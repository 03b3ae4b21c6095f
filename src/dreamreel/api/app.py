"""The application: routes, error answers, and the little that runs beside them."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import Match
from starlette.types import ASGIApp, ExceptionHandler, Lifespan

from dreamreel.animation.views import SEED
from dreamreel.api.context import Context
from dreamreel.api.create_request import invalid
from dreamreel.api.http import keys
from dreamreel.api.http.interpreter import give_back_memory
from dreamreel.api.http.lanes import bound_other_threads
from dreamreel.api.http.middleware import Direct, LimitHeaders
from dreamreel.api.http.prefix import AnyPrefix
from dreamreel.api.http.problems import Problem, from_status
from dreamreel.api.http.request_ids import RequestIds, RequestLogs
from dreamreel.api.http.same_origin import OwnOrigin
from dreamreel.api.openapi import INPUTS, as_problems
from dreamreel.api.poll_cache import PollCache
from dreamreel.api.routes import (
    account,
    creates,
    deployments,
    events,
    files,
    health,
    imports,
    labels,
    loras,
    metrics,
    models,
    outputs,
    predictions,
    streams,
    validation,
)
from dreamreel.api.studio_files import STUDIO, KeptFiles, StudioFiles
from dreamreel.api.wording import field_problems
from dreamreel.boundary import carrying_on
from dreamreel.predictions.events import Kind
from dreamreel.predictions.files import FilesError, NoRoomError
from dreamreel.predictions.record import Prediction
from dreamreel.predictions.store import StoreError
from dreamreel.storage.retention import keeping_of, sweep
from dreamreel.webhooks.delivery import Deliverer, Terms

log = logging.getLogger(__name__)
# streams before files: `/files/stream/...` is no file.
MODULES = (
    creates,
    predictions,
    labels,
    keys,
    events,
    streams,
    validation,
    imports,
    models,
    loras,
    deployments,
    account,
    files,
    outputs,
    health,
    metrics,
)


def create_app(
    context: Context, start: Callable[[], None] = lambda: None, stop: Callable[[], None] = lambda: None
) -> FastAPI:
    """The service over a context. start, stop: run when it begins to serve and when it has ended."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        context.wakeups.bind(asyncio.get_running_loop())
        bound_other_threads()
        start()
        deliverer = _make_deliverer(context)
        beside = [
            asyncio.create_task(_every(1, partial(_cancel_due, context))),
            asyncio.create_task(_every(60, partial(_sweep, context))),
            asyncio.create_task(_every(10, give_back_memory)),
            asyncio.create_task(_run_forever(deliverer)),
        ]
        try:
            yield
        finally:
            await run_in_threadpool(stop)
            for task in beside:
                task.cancel()
            await deliverer.close()

    app = Service(context, lifespan)
    for module in MODULES:
        # As they are. The framework's include_router() makes each anew for each application, at its first request:
        # 0.17 s in which a server answers nobody.
        app.router.routes.extend(module.router.routes)
    app.mount("/studio", StudioFiles(directory=STUDIO))
    create = ExceptionMiddleware(creates.create_directly, _ANSWERS)
    app.add_middleware(Direct, routes={("POST", "/predictions"): create})
    for error, answer in _ANSWERS.items():
        app.add_exception_handler(error, answer)
    app.add_exception_handler(Exception, _answer_unexpected)
    _describe(app)
    return app


class Service(FastAPI):
    """The framework's application behind what is ours and holds for every request."""

    def __init__(self, context: Context, lifespan: Lifespan[FastAPI]) -> None:
        super().__init__(
            title="deforum_deforum_stable_diffusion",
            description=SEED.description,
            version=version("dreamreel"),
            lifespan=lifespan,
            openapi_url=None,  # ours is made in a thread (health.py)
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            # Nothing reads traces here, and the framework would look for a tracer at every request.
            telemetry={"tracing": False, "metrics": False, "logs": False},
        )
        self.state.context = context

    def build_middleware_stack(self) -> ASGIApp:
        """The framework's, with what has to see its answers to unforeseen errors too before it."""
        context: Context = self.state.context
        inner = OwnOrigin(KeptFiles(RequestLogs(super().build_middleware_stack())), context)
        return PollCache(LimitHeaders(AnyPrefix(RequestIds(inner)), context.others.uncounted), context)


def _make_deliverer(context: Context) -> Deliverer:
    def body_of(prediction: Prediction, kind: Kind) -> str:
        return context.wire.webhook_body(prediction, kind, context.settings.public_url)

    service, settings = context.service, context.settings
    return Deliverer(
        service.store,
        context.outbox,
        body_of,
        service.webhook_secrets,
        context.webhook_rules,
        service.clock,
        context.wakeups.anything,
        Terms(settings.webhook_timeout_s, timedelta(hours=settings.webhook_hours)),
    )


async def _run_forever(deliverer: Deliverer) -> None:
    while True:
        with carrying_on(log, "due webhooks could not be read; trying again"):
            await deliverer.run()
        await asyncio.sleep(1)


async def _every(seconds: float, action: Callable[[], None]) -> None:
    """Does something again and again, in a thread."""
    while True:
        with carrying_on(log, "a background task failed; trying again"):
            await run_in_threadpool(action)
        await asyncio.sleep(seconds)


def _cancel_due(context: Context) -> None:
    for prediction_id in context.service.cancel_due():
        log.info("prediction %s: its deadline is over", prediction_id, extra={"prediction": prediction_id})


def _sweep(context: Context) -> None:
    keeping = keeping_of(context.settings.keep_hours, context.settings.keep_frames_hours)
    for removal in sweep(context.service.store, context.files, keeping, context.service.clock()):
        log.debug("%s of %s is gone", removal.what, removal.id)
    files.forget_cut_off(context, time.time())


def _describe(app: FastAPI) -> None:
    generate = app.openapi

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = as_problems(generate())
            schemes = {"token": {"type": "http", "scheme": "bearer"}}
            components = document.setdefault("components", {})
            components["securitySchemes"] = schemes
            components["schemas"] |= INPUTS
            for unused in ("HTTPValidationError", "ValidationError"):
                components["schemas"].pop(unused, None)
            document["security"] = [{"token": []}, {}]
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]


async def _answer_problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return error.response()


async def _answer_http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        error.headers = {"Allow": _allowed(request)}
    return await _answer_problem(request, from_status(error.status_code, headers=dict(error.headers or {})))


def _allowed(request: Request) -> str:
    """Every method that the path has: routes of one path are several, and each knows only its own."""
    every = [route for module in MODULES for route in module.router.routes]
    routes = [route for route in every if route.matches(request.scope)[0] is not Match.NONE]
    allowed = {method for route in routes for method in getattr(route, "methods", None) or ()}
    return ", ".join(sorted(allowed or {"GET", "HEAD"}))  # no route has it: it is a mounted file's


async def _answer_invalid(request: Request, error: Exception) -> JSONResponse:
    """FastAPI's own list of errors as the document that clients can parse."""
    assert isinstance(error, RequestValidationError)
    return await _answer_problem(request, invalid(field_problems(error.errors())))


def _about(request: Request, status: int) -> dict[str, Any]:
    """Fields of a log line about a request (logs.py)."""
    fields: dict[str, Any] = {"method": request.method, "path": request.url.path, "status": status}
    prediction_id = request.path_params.get("prediction_id")
    return fields if prediction_id is None else {**fields, "prediction": prediction_id}


async def _answer_unreachable(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s failed: the database: %s", request.method, request.url.path, error, extra=_about(request, 503))
    return Problem(
        503, "The database cannot be reached.", title="Service Unavailable", headers={"Retry-After": "2"}
    ).response()


async def _answer_without_files(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s failed: %s", request.method, request.url.path, error, extra=_about(request, 503))
    return Problem(
        503, "The files cannot be reached.", title="Service Unavailable", headers={"Retry-After": "2"}
    ).response()


async def _answer_full(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s refused: %s", request.method, request.url.path, error, extra=_about(request, 507))
    detail = "The disk of this server is nearly full, so it takes no uploads now; its operator can free space."
    return Problem(507, detail, title="Insufficient Storage").response()


async def _answer_gone(request: Request, _error: Exception) -> JSONResponse:
    log.debug("%s %s: the client hung up before its body was here", request.method, request.url.path)
    return Problem(400, "The request ended before its body did.", title="Bad Request").response()  # nobody reads it


async def _answer_unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error, extra=_about(request, 500))
    return Problem(
        500, "The service met an unexpected error; its log says more.", title="Internal Server Error"
    ).response()


_ANSWERS: dict[Any, ExceptionHandler] = {
    Problem: _answer_problem,
    ClientDisconnect: _answer_gone,
    HTTPException: _answer_http_exception,
    RequestValidationError: _answer_invalid,
    StoreError: _answer_unreachable,
    FilesError: _answer_without_files,
    NoRoomError: _answer_full,
}
