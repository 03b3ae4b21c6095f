"""Creating predictions: by version, by a model's name or by a deployment's."""

import asyncio
import re
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from anyio import to_thread
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from dreamreel.animation.plan import AnimationPlan
from dreamreel.animation.views import ApiModel
from dreamreel.api import create_request, repetitions, schemas
from dreamreel.api.chosen_model import chosen_model, needs_of, plan_for
from dreamreel.api.context import Context, context_of, origin_of, owner_of
from dreamreel.api.http.bodies import read_json, work
from dreamreel.api.http.same_origin import is_own_page
from dreamreel.api.input_problems import CheckedInput
from dreamreel.api.openapi import CREATE_BODY, CREATE_BY_MODEL_BODY, CREATE_HEADERS, ERRORS, INVALID
from dreamreel.api.outlines import Outline
from dreamreel.api.routes.predictions import Owner
from dreamreel.api.versions import find_model
from dreamreel.predictions.record import Prediction
from dreamreel.predictions.service import Order

router = APIRouter(tags=["predictions"])


@router.post(
    "/predictions",
    operation_id="create",
    summary="Create a prediction and get the output",
    status_code=201,
    responses={201: {"model": schemas.PredictionShape}, **INVALID, **ERRORS},
    openapi_extra={"requestBody": CREATE_BODY, "parameters": CREATE_HEADERS},
)
async def create(request: Request, owner: Owner) -> JSONResponse:
    """Accepts a prediction. Once this answered 201 it will end, whatever crashes."""
    return await _create(request, owner, None)


async def create_directly(scope: Scope, receive: Receive, send: Send) -> None:
    """create() without the framework, which takes as long for a request as all the rest before it is stored."""
    request = Request(scope, receive)
    response = await create(request, await owner_of(request))
    await response(scope, receive, send)


@router.post(
    "/models/{model_owner}/{model_name}/predictions",
    operation_id="models.predictions.create",
    summary="Create a prediction of a model by its name",
    status_code=201,
    responses={201: {"model": schemas.PredictionShape}, **INVALID, **ERRORS},
    openapi_extra={"requestBody": CREATE_BY_MODEL_BODY, "parameters": CREATE_HEADERS},
)
async def create_by_model(request: Request, owner: Owner, model_owner: str, model_name: str) -> JSONResponse:
    """The same for the model in the path; the body needs no version."""
    return await create_named(request, owner, find_model(model_owner, model_name))


async def create_named(request: Request, owner: str, model: ApiModel) -> JSONResponse:
    """The same where the address names what is to be drawn, so that the body need not."""
    return await _create(request, owner, model)


async def _create(request: Request, owner: str, model: ApiModel | None) -> JSONResponse:
    context, origin = context_of(request), origin_of(request)
    document = await read_json(request, context.settings.max_body_mb)
    taken = await work(request, _take, request, owner, document, model, origin)
    if isinstance(taken, Order):
        assert taken.webhook is not None
        rules = context.webhook_rules
        await to_thread.run_sync(create_request.check_webhook, taken.webhook, rules, limiter=context.name_threads)
        taken = await run_in_threadpool(_accept, request, owner, taken)
    return await _answer_create(request, taken, origin)


def _take(request: Request, owner: str, document: object, model: ApiModel | None, origin: str) -> Order | Prediction:
    """What a create asks for, accepted; with a webhook only checked, since looking up its receiver may take long.

    One call, so that a create goes to a thread once: each way there and back costs 0.4 ms. Raises Problem.
    """
    context = context_of(request)
    body = create_request.parse_body(document, model, context.canvas, context.checkpoints, context.versions.find)
    digest = repetitions.body_digest(document)
    outline = context.outlines.get((digest, body.input.named.version), partial(_plan, context, body.input))
    order = _order(request, body, outline, digest, origin)
    return _accept(request, owner, order) if order.webhook is None else order


def _plan(context: Context, checked: CheckedInput) -> AnimationPlan:
    return plan_for(chosen_model(context, checked), context, checked)[0]


async def _answer_create(request: Request, prediction: Prediction, origin: str) -> JSONResponse:
    """201, at once or (`Prefer: wait`) when the prediction has ended or the client has waited long enough."""
    context = context_of(request)
    preference = re.search(r"(?:^|[,;\s])(wait(?:\s*=\s*\"?(\d+)\"?)?)(?:$|[,;\s])", request.headers.get("prefer", ""))
    gone = _notice_hang_up(request, prediction)
    try:
        if preference is None:
            await asyncio.sleep(0)  # lets gone look
            return await _made(request, context.wire.prediction, prediction, origin)
        prediction = await _wait(context, prediction, repetitions.seconds_to_wait(request.headers, preference[2]), gone)
    finally:
        gone.cancel()
    answer = await _made(request, context.wire.waiting, prediction, origin)
    answer.headers["Preference-Applied"] = f"wait={preference[2]}" if preference[2] else "wait"
    return answer


async def _made(
    request: Request, say: Callable[[Prediction, str], dict[str, Any]], prediction: Prediction, origin: str
) -> JSONResponse:
    # What has ended has files, which may lie in a bucket.
    if request.state.is_large or prediction.status.is_terminal:
        return await work(request, lambda: JSONResponse(say(prediction, origin), 201))
    return JSONResponse(say(prediction, origin), 201)


def _shorter(asked: timedelta | None, max_hours: float) -> timedelta | None:
    """The deadline that comes first: the client's or the operator's."""
    limits = [asked] if asked is not None else []
    return min([*limits, timedelta(hours=max_hours)] if max_hours else limits, default=None)


def _accept(request: Request, owner: str, order: Order) -> Prediction:
    context = context_of(request)
    return repetitions.accept(context.service, context.unanswered, request.headers, owner, order)


def _order(request: Request, body: create_request.Body, outline: Outline, digest: str, origin: str) -> Order:
    context = context_of(request)
    return Order(
        version=body.input.named.version,
        input=body.input.raw,
        num_frames=outline.num_frames,
        seed=outline.seed,
        source=_source(request),
        cancel_after=_shorter(create_request.cancel_after(request.headers), context.settings.max_hours),
        webhook=body.webhook,
        webhook_events=body.webhook_events,
        origin=origin,
        request_digest=repetitions.request_digest(digest, request.headers),
        body_digest=digest,
        needs=needs_of(context, body.input, outline),
    )


def _source(request: Request) -> str:
    """Who made it: the studio says so, and is believed where a browser says that it is the studio's page."""
    is_studio = request.headers.get("x-dreamreel-source") == "web"
    return "web" if is_studio and is_own_page(request.scope, context_of(request).settings.public_url) else "api"


def _notice_hang_up(request: Request, prediction: Prediction) -> "asyncio.Task[None]":
    """A task that ends when the client is gone, and remembers that it was never answered."""
    context = context_of(request)

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        context.unanswered.add(prediction.owner, repetitions.mark(prediction), prediction.id)
        context.wakeups.publish(prediction.id)

    return asyncio.create_task(watch())


async def _wait(context: Context, prediction: Prediction, seconds: float, gone: "asyncio.Task[None]") -> Prediction:
    """The prediction when it is terminal, or as it is after so many seconds, or when nobody waits any more."""
    until = time.monotonic() + seconds
    async with context.wakeups.listen(prediction.id) as listener:
        while not prediction.status.is_terminal and not gone.done() and not context.wakeups.closed:
            left = until - time.monotonic()
            if left <= 0:
                break
            await listener.wait(min(left, 1.0))
            found = await run_in_threadpool(context.service.store.get, prediction.id)
            prediction = found or prediction
    return prediction
