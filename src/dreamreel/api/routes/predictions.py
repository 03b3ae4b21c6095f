"""Reading and canceling predictions."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from pydantic import BeforeValidator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dreamreel.api import create_request, schemas
from dreamreel.api.context import context_of, origin_of, owner_of
from dreamreel.api.http.pages import PageResponse
from dreamreel.api.http.problems import not_found
from dreamreel.api.input_schema import FieldProblem
from dreamreel.api.openapi import ERRORS, INVALID
from dreamreel.api.squeeze import squeezed
from dreamreel.api.wire import deliveries_document, page
from dreamreel.predictions.files import prediction_key
from dreamreel.predictions.record import Status
from dreamreel.predictions.service import NotFoundError
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
async def get_prediction(request: Request, owner: Owner, prediction_id: str) -> JSONResponse:
    """The prediction as it is now; `webhook_deliveries` says what became of its webhook's messages."""
    context = context_of(request)

    def made() -> JSONResponse:
        prediction = found(lambda: context.service.get(owner, prediction_id))
        document = context.wire.prediction(prediction, origin_of(request))
        if prediction.webhook is not None and (delivery := context.outbox.delivery(prediction.id)):
            document["webhook_deliveries"] = deliveries_document(delivery)
        return JSONResponse(document)

    answer = await context.readers.run(owner, made)
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
async def list_frames(request: Request, owner: Owner, prediction_id: str) -> JSONResponse:
    """Addresses of the frames that are done, lossless, also while the others are being drawn."""
    context, origin = context_of(request), origin_of(request)

    def made() -> JSONResponse:
        progress = found(lambda: context.service.progress(owner, prediction_id))
        folder = context.wire.output_url(prediction_id, "", origin)  # which has the key of all that lies in it
        frames = [{"idx": idx, "url": f"{folder}frames/{idx:05}.png"} for idx in range(progress.frames_done)]
        poster = f"{folder}poster.jpg" if frames else None
        return JSONResponse({"poster": poster, "total": progress.num_frames, "frames": frames})

    return await context.readers.run(owner, made)


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
