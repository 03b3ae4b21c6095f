"""What owners do with predictions of theirs once they are made: name, star and tag them, and delete them."""

import re
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dreamreel.animation.refusals import expected
from dreamreel.api import schemas
from dreamreel.api.context import context_of, origin_of
from dreamreel.api.create_request import invalid
from dreamreel.api.http.bodies import read_json
from dreamreel.api.http.problems import Problem
from dreamreel.api.input_schema import FieldProblem
from dreamreel.api.openapi import ERRORS, INVALID, LABELS_BODY, MOST_TAGS, NAME_LENGTH, TAG_LENGTH
from dreamreel.api.routes.predictions import Owner, found
from dreamreel.predictions.search import folded
from dreamreel.predictions.service import UnfinishedError

router = APIRouter(tags=["predictions"])
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_KINDS: dict[str, tuple[type, str]] = {
    "name": (str, "string"),
    "starred": (bool, "boolean"),
    "tags": (list, "array"),
}
CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"model": schemas.ProblemShape, "description": "It has not ended: cancel it first."}
}


@router.patch(
    "/predictions/{prediction_id}",
    operation_id="predictions.update",
    summary="Name, star or tag a prediction",
    responses={200: {"model": schemas.PredictionShape}, **INVALID, **ERRORS},
    openapi_extra={"requestBody": LABELS_BODY},
)
async def label_prediction(request: Request, owner: Owner, prediction_id: str) -> JSONResponse:
    """Changes `name`, `starred` and `tags`, those that are sent; null takes one away. Answers with the prediction."""
    context = context_of(request)
    labels = parse_labels(await read_json(request, 1))
    prediction = await run_in_threadpool(found, lambda: context.service.label(owner, prediction_id, labels))
    return JSONResponse(await run_in_threadpool(context.wire.prediction, prediction, origin_of(request)))


@router.delete(
    "/predictions/{prediction_id}",
    operation_id="predictions.delete",
    summary="Delete a prediction",
    status_code=204,
    responses={**CONFLICT, **ERRORS},
)
def delete_prediction(request: Request, owner: Owner, prediction_id: str) -> Response:
    """Forgets a prediction that has ended: record, video, frames, events, and webhooks that were not delivered yet."""
    context = context_of(request)
    try:
        found(lambda: context.service.delete(owner, prediction_id, context.files))
    except UnfinishedError as error:
        address = f"{origin_of(request)}/v1/predictions/{prediction_id}/cancel"
        detail = f"The prediction is {error.status.value}. Cancel it first (POST {address}), then delete it."
        raise Problem(409, detail, title="Conflict") from None
    return Response(status_code=204)


def parse_labels(document: object) -> dict[str, Any]:
    """The members `name`, `starred` and `tags` that a body holds, as the store keeps them. Raises Problem 422."""
    if not isinstance(document, dict):
        raise invalid([FieldProblem("invalid_type", "", expected("object", document))])
    problems = [problem for name, value in document.items() for problem in _check(name, value)]
    if problems:
        raise invalid(problems)
    labels: dict[str, Any] = {}
    if "name" in document:
        labels["name"] = (document["name"] or "").strip() or None
    if "starred" in document:
        labels["starred"] = bool(document["starred"])
    if "tags" in document:
        tags = [tag.strip() for tag in document["tags"] or ()]
        labels["tags"] = tuple({folded(tag): tag for tag in reversed(tags)}.values())[::-1]
    return labels


def _check(name: str, value: object) -> Iterator[FieldProblem]:
    kind, json_kind = _KINDS.get(name, (None, ""))
    if kind is None:
        text = f"Additional property {name[:80]} is not allowed; a prediction has name, starred and tags to change"
        yield FieldProblem("additional_property_not_allowed", "", text)
    elif value is None:
        return
    elif not isinstance(value, kind):
        yield FieldProblem("invalid_type", name, expected(json_kind, value))
    elif isinstance(value, str):
        yield from _check_text("name", value, NAME_LENGTH)
    elif isinstance(value, list):
        if len(value) > MOST_TAGS:
            yield FieldProblem("array_max_items", "tags", f"There must be at most {MOST_TAGS} tags, got {len(value)}")
        for idx, tag in enumerate(value[:MOST_TAGS]):
            yield from _check_tag(f"tags.{idx}", tag)


def _check_tag(place: str, tag: object) -> Iterator[FieldProblem]:
    if not isinstance(tag, str):
        yield FieldProblem("invalid_type", place, expected("string", tag))
    elif not folded(tag):
        yield FieldProblem("string_gte", place, "A tag must not be empty")
    elif "," in tag:
        yield FieldProblem("format", place, "A tag must not hold a comma; send each tag as a text of its own")
    else:
        yield from _check_text(place, tag, TAG_LENGTH)


def _check_text(place: str, text: str, longest: int) -> Iterator[FieldProblem]:
    if len(text.strip()) > longest:
        yield FieldProblem("string_lte", place, f"Must be at most {longest} characters long, got {len(text.strip())}")
    elif _CONTROL.search(text.strip()):
        yield FieldProblem("format", place, "Must be one line, without control characters")
