"""The operations on predictions."""

import asyncio
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from anyio import to_thread
from fastapi import APIRouter, Depends, Query
from pydantic import BeforeValidator
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from dreamreel.animation.plan import AnimationPlan
from dreamreel.animation.views import ApiModel
from dreamreel.api import create_request, repetitions, schemas
from dreamreel.api.chosen_model import chosen_model, needs_of, plan_for
from dreamreel.api.context import Context, context_of, origin_of, owner_of
from dreamreel.api.http.bodies import read_json, work
from dreamreel.api.http.pages import PageResponse
from dreamreel.api.http.problems import not_found
from dreamreel.api.http.same_origin import is_own_page
from dreamreel.api.input_schema import FieldProblem
from dreamreel.api.openapi import CREATE_BODY, CREATE_BY_MODEL_BODY, CREATE_HEADERS, ERRORS, INVALID
from dreamreel.api.squeeze import squeezed
from dreamreel.api.versions import find_model
from dreamreel.api.wire import deliveries_document, page
from dreamreel.predictions.files import prediction_key
from dreamreel.predictions.record import Prediction, Status
from dreamreel.predictions.service import NotFoundError, Order
from dreamreel.predictions.store import Query as StoreQuery

router = APIRouter(tags=["predictions"])
Owner = Annotated[str, Depends(owner_of)]
Found = TypeVar("Found")


def _check_time(value: object) -> object:
    """Refuses what pydantic would take for seconds since 1970."""
    if not re.match(r"\d{4}-\d{2}-\d{2}", str(value)):
        raise ValueError("must be a time such as 2026-01-02T03:04:05Z")
    return value


Time = Annotated[datetime, BeforeValidator(_check_time)]


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
    context = context_of(request)
    document = await read_json(request, context.settings.max_body_mb)
    taken = await work(request, _take, request, owner, document, model)
    if isinstance(taken, Order):
        assert taken.webhook is not None
        rules = context.webhook_rules
        await to_thread.run_sync(create_request.check_webhook, taken.webhook, rules, limiter=context.name_threads)
        taken = await run_in_threadpool(_accept, request, owner, taken)
    return await _answer_create(request, taken)


def _take(request: Request, owner: str, document: object, model: ApiModel | None) -> Order | Prediction:
    """What a create asks for, accepted; with a webhook only checked, since looking up its receiver may take long.

    One call, so that a create goes to a thread once: each way there and back costs 0.4 ms. Raises Problem.
    """
    context = context_of(request)
    body = create_request.parse_body(document, model, context.canvas, context.checkpoints)
    plan, _notes = plan_for(chosen_model(context, body.input), context, body.input)
    order = _order(request, body, plan, repetitions.body_digest(document))
    return _accept(request, owner, order) if order.webhook is None else order


async def _answer_create(request: Request, prediction: Prediction) -> JSONResponse:
    """201, at once or (`Prefer: wait`) when the prediction has ended or the client has waited long enough."""
    context, origin = context_of(request), origin_of(request)
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


def _order(request: Request, body: create_request.Body, plan: AnimationPlan, digest: str) -> Order:
    context = context_of(request)
    return Order(
        version=body.input.model.version,
        input=body.input.raw,
        num_frames=plan.num_frames,
        seed=plan.input.seed,
        source=_source(request),
        cancel_after=_shorter(create_request.cancel_after(request.headers), context.settings.max_hours),
        webhook=body.webhook,
        webhook_events=body.webhook_events,
        origin=origin_of(request),
        request_digest=repetitions.request_digest(digest, request.headers),
        body_digest=digest,
        needs=needs_of(context, body.input, plan.words.loras),
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


@router.get(
    "/predictions",
    operation_id="list",
    summary="List the first page of your predictions",
    responses={200: {"model": schemas.PredictionPageShape}, **INVALID, **ERRORS},
)
async def list_predictions(
    request: Request,
    owner: Owner,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 100,
    created_after: Time | None = None,
    created_before: Time | None = None,
    source: str | None = None,
    status: Annotated[list[str], Query(description="One or several, also with commas")] = [],  # noqa: B006
    starred: bool | None = None,
    tag: Annotated[list[str], Query(description="Those that have all of them")] = [],  # noqa: B006
    q: Annotated[str, Query(max_length=200, description="Words in the name or the prompts")] = "",
    logs: Annotated[bool, Query(description="Whether they come with the last lines of their logs")] = True,
) -> JSONResponse:
    """Newest first; `next` and `previous` are addresses of the pages beside it."""
    context, origin = context_of(request), origin_of(request)
    times, tags = (_aware(created_after), _aware(created_before)), [each for each in tag if each.strip()]
    query = StoreQuery(limit, cursor, *times, source, _statuses(status), starred, tags, q)

    def made() -> JSONResponse:
        try:
            listed = context.service.page(owner, query)
        except ValueError as error:
            raise create_request.invalid([FieldProblem("invalid_value", "cursor", str(error))]) from None
        results = [context.wire.listed(prediction, origin, logs) for prediction in listed.results]

        def link(at: str) -> str:
            kept = [pair for pair in request.query_params.multi_items() if pair[0] != "cursor"]
            return f"{origin}/v1/predictions?{urlencode([*kept, ('cursor', at)])}"

        return squeezed(request, PageResponse(page(results, listed.older, listed.newer, link)))

    return await context.lanes.run(owner, made)


def _statuses(names: list[str]) -> list[Status]:
    """Statuses by name: several may be said one by one, or with commas. Raises Problem 422."""
    wanted = [name.strip() for each in names for name in each.split(",") if name.strip()]
    if unknown := [name for name in wanted if name not in set(Status)]:
        listed = ", ".join(f'"{status.value}"' for status in Status)
        text = f'status must be one of the following: {listed}; got "{unknown[0][:40]}"'
        raise create_request.invalid([FieldProblem("enum", "status", text)])
    return [Status(name) for name in wanted]


def _aware(time: datetime | None) -> datetime | None:
    return time if time is None or time.tzinfo else time.replace(tzinfo=UTC)


@router.get(
    "/predictions/{prediction_id}",
    operation_id="get",
    summary="Get a prediction",
    responses={200: {"model": schemas.PredictionShape}, **ERRORS},
)
def get_prediction(request: Request, owner: Owner, prediction_id: str) -> JSONResponse:
    """The prediction as it is now; `webhook_deliveries` says what became of its webhook's messages."""
    context = context_of(request)
    prediction = found(lambda: context.service.get(owner, prediction_id))
    document = context.wire.prediction(prediction, origin_of(request))
    if prediction.webhook is not None and (delivery := context.outbox.delivery(prediction.id)):
        document["webhook_deliveries"] = deliveries_document(delivery)
    answer = JSONResponse(document)
    if keep := getattr(request.state, "keep", None):
        keep(owner, bytes(answer.body))
    return answer


@router.post(
    "/predictions/{prediction_id}/cancel",
    operation_id="cancel",
    summary="Cancel a prediction",
    responses={200: {"model": schemas.PredictionShape}, **ERRORS},
)
def cancel_prediction(request: Request, owner: Owner, prediction_id: str) -> JSONResponse:
    """Stops what is queued at once and what runs within one evaluation; what is finished stays as it is."""
    context = context_of(request)
    prediction = found(lambda: context.service.cancel(owner, prediction_id))
    return JSONResponse(context.wire.prediction(prediction, origin_of(request)))


@router.get(
    "/predictions/{prediction_id}/frames",
    operation_id="predictions.frames",
    summary="List the finished frames of a prediction",
    responses={200: {"model": schemas.FramesShape}, **ERRORS},
)
def list_frames(request: Request, owner: Owner, prediction_id: str) -> JSONResponse:
    """Addresses of the frames that are done, lossless, also while the others are being drawn."""
    context, origin = context_of(request), origin_of(request)
    prediction = found(lambda: context.service.get(owner, prediction_id))

    def url(name: str) -> str:
        return context.wire.output_url(prediction.id, name, origin)

    frames = [{"idx": idx, "url": url(f"frames/{idx:05}.png")} for idx in range(prediction.frames_done)]
    poster = url("poster.jpg") if frames else None
    return JSONResponse({"poster": poster, "total": prediction.num_frames, "frames": frames})


@router.get(
    "/predictions/{prediction_id}/manifest",
    operation_id="predictions.manifest",
    summary="Get what a video was made from",
    responses={200: {"model": schemas.ManifestShape}, **ERRORS},
)
def get_manifest(request: Request, owner: Owner, prediction_id: str) -> Response:
    """The resolved input, seed, model and weights, versions, and the SHA-256 of each frame; once it has ended."""
    context = context_of(request)
    prediction = found(lambda: context.service.get(owner, prediction_id))
    manifest = b"".join(context.files.read(prediction_key(prediction.id, "manifest.json")))
    if not prediction.status.is_terminal or not manifest:
        raise not_found()
    return Response(manifest, media_type="application/json")


def found(look_up: Callable[[], Found]) -> Found:
    """What look_up gives. Raises Problem 404 for what is not there, or belongs to another owner."""
    try:
        return look_up()
    except NotFoundError:
        raise not_found() from None
