"""The models, their versions, and the small kindnesses around them."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse

from dreamreel.animation.views import ANIMATE, MODELS, ApiModel
from dreamreel.api import schemas
from dreamreel.api.context import Checkpoint, Context, context_of, origin_of
from dreamreel.api.http.bodies import read_body
from dreamreel.api.http.problems import Problem
from dreamreel.api.openapi import ERRORS
from dreamreel.api.routes.predictions import Owner
from dreamreel.api.squeeze import squeezed
from dreamreel.api.versions import (
    example_document,
    find_model,
    model_document,
    version_document,
)
from dreamreel.api.wire import page, timestamp
from dreamreel.models.catalog import title
from dreamreel.predictions.store import WorkerRow

router = APIRouter(tags=["models"])


def drawing(context: Context) -> dict[str, Any]:
    """What draws here, for everybody: its title, not where it lies, and the hash of its weights."""
    workers = context.service.workers()
    return {
        "model": next((worker.model for worker in workers), PurePath(context.setup.model).name),
        "weights": next((worker.weights for worker in workers if worker.weights), None),
    }


def serving(context: Context) -> dict[str, Any]:
    """Which checkpoint answers here."""
    canvas, model, workers = context.canvas, context.model, context.service.workers()
    shown, ids = drawing(context), {name: each.version for name, each in context.versions.by_checkpoint().items()}
    return {
        "checkpoint": context.setup.model,
        "title": shown["model"],
        "weights": shown["weights"],
        "width": canvas.width,
        "height": canvas.height,
        "steps": canvas.steps,
        "cfg_scale": canvas.cfg_scale,
        "default_prompt": model.prompt,
        "examples": list(model.examples),
        "models": [_facts(each, workers, ids.get(name)) for name, each in context.checkpoints.items()],
    }


def _facts(model: Checkpoint, workers: Sequence[WorkerRow], version: str | None) -> dict[str, Any]:
    """What people choose a model by. loaded_by: how many workers need not load it first.

    version: the id of the version that it draws; None while its files are read for the first time.
    """
    canvas = model.canvas
    return {
        "name": model.name,
        "version": version,
        "title": title(model.location),
        "width": canvas.width,
        "height": canvas.height,
        "steps": canvas.steps,
        "cfg_scale": canvas.cfg_scale,
        "disk_bytes": model.disk_bytes,
        "memory_bytes": model.memory_bytes,
        "loaded_by": sum(model.name in worker.loaded for worker in workers),
    }


def _documents(request: Request, models: Iterable[ApiModel]) -> list[dict[str, Any]]:
    if not (models := list(models)):
        return []
    context = context_of(request)
    origin, facts = origin_of(request), serving(context)
    versions = {model.name: _versions(context, model) for model in models}
    counts = context.service.store.count_versions({each for those in versions.values() for each in those})
    runs = {name: sum(counts.get(each, 0) for each in those) for name, those in versions.items()}
    return [model_document(model, origin, runs[model.name], facts) for model in models]


def _versions(context: Context, model: ApiModel) -> set[str]:
    """The ids of a model's versions that are known here."""
    of_checkpoints = context.versions.by_checkpoint().values() if model is ANIMATE else ()
    return {each.version for each in (model, *of_checkpoints)}


def _list(results: list[dict[str, Any]]) -> JSONResponse:
    return JSONResponse(page(results, None, None, str))


@router.get("/models", operation_id="models.list", responses={200: {"model": schemas.PageShape}, **ERRORS})
def list_models(request: Request, owner: Owner) -> JSONResponse:  # noqa: ARG001
    """The models that are served here."""
    return squeezed(request, _list(_documents(request, MODELS)))


@router.api_route("/models", methods=["QUERY"], include_in_schema=False)
async def search_models(request: Request, owner: Owner) -> JSONResponse:  # noqa: ARG001
    """Models that match the text in the body, which clients send bare or as a JSON string."""
    text = (await read_body(request, 1)).decode("utf-8", "replace").strip()
    if text.startswith('"'):
        try:
            text = str(json.loads(text))
        except ValueError:
            raise Problem(400, "The query is not valid JSON.", title="Bad Request") from None
    return _list(_documents(request, _matching(text)))


def _matching(text: str) -> Iterator[ApiModel]:
    for model in MODELS:
        words = f"{model.name.replace('/', ' ')} {model.description}".lower()
        if all(word in words for word in text.lower().split()):
            yield model


@router.get(
    "/models/{model_owner}/{model_name}",
    operation_id="models.get",
    responses={200: {"model": schemas.ModelShape}, **ERRORS},
)
def get_model(request: Request, owner: Owner, model_owner: str, model_name: str) -> JSONResponse:  # noqa: ARG001
    """A model, with its latest version and the checkpoint that serves it here."""
    return JSONResponse(_documents(request, [find_model(model_owner, model_name)])[0])


@router.get(
    "/models/{model_owner}/{model_name}/versions",
    operation_id="models.versions.list",
    responses={200: {"model": schemas.PageShape}, **ERRORS},
)
def list_versions(request: Request, owner: Owner, model_owner: str, model_name: str) -> JSONResponse:  # noqa: ARG001
    """The versions of a model: its own, and of the one that has every input one for each checkpoint."""
    context, model = context_of(request), find_model(model_owner, model_name)
    return _list([_version(context, each) for each in context.versions.of(model)])


@router.get(
    "/models/{model_owner}/{model_name}/versions/{version_id}",
    operation_id="models.versions.get",
    responses={200: {"model": schemas.VersionShape}, **ERRORS},
)
def get_version(request: Request, owner: Owner, model_owner: str, model_name: str, version_id: str) -> JSONResponse:  # noqa: ARG001
    """A version, with the schema of its input."""
    context, model = context_of(request), find_model(model_owner, model_name)
    return JSONResponse(_version(context, context.versions.get(model, version_id)))


def _version(context: Context, model: ApiModel) -> dict[str, Any]:
    """The version object; of a checkpoint's with its name, and as old as its files."""
    names = {each.version: name for name, each in context.versions.by_checkpoint().items()}
    if (name := names.get(model.version)) is None:
        return version_document(model)
    try:
        changed = context.checkpoints[name].location.path.stat().st_mtime
    except OSError:  # taken away while the server runs, which knows it still
        return {**version_document(model), "checkpoint": name}
    document = version_document(model, str(timestamp(datetime.fromtimestamp(changed, UTC))))
    return {**document, "checkpoint": name}


@router.get(
    "/models/{model_owner}/{model_name}/examples",
    operation_id="models.examples",
    responses={200: {"model": schemas.PageShape}, **ERRORS},
)
def list_examples(request: Request, owner: Owner, model_owner: str, model_name: str) -> JSONResponse:  # noqa: ARG001
    """Example predictions: one, whose input runs as it stands."""
    model = find_model(model_owner, model_name)
    return _list([example_document(model, origin_of(request), context_of(request).model.prompt)])


@router.get(
    "/models/{model_owner}/{model_name}/readme",
    operation_id="models.readme",
    response_class=PlainTextResponse,
    responses=ERRORS,
)
def get_readme(request: Request, owner: Owner, model_owner: str, model_name: str) -> PlainTextResponse:  # noqa: ARG001
    """What a model is, as Markdown."""
    model = find_model(model_owner, model_name)
    return PlainTextResponse(f"# {model.name}\n\n{model.description}. Served by dreamreel.\n")


@router.get("/search", operation_id="search", responses={200: {"model": schemas.SearchShape}, **ERRORS})
def search(
    request: Request,
    owner: Owner,  # noqa: ARG001
    query: str = "",
    limit: Annotated[int, Query(ge=1, le=50)] = 20,  # noqa: ARG001
) -> JSONResponse:
    """Searches models, collections and pages."""
    if not query:
        raise Problem(400, "query is required", title="Bad Request")
    found = [{"model": document, "metadata": {}} for document in _documents(request, _matching(query))]
    answer = {"query": query, "models": found, "collections": [], "pages": []}
    return JSONResponse(answer)


@router.get("/collections", operation_id="collections.list", responses={200: {"model": schemas.PageShape}, **ERRORS})
@router.get("/trainings", operation_id="trainings.list", responses={200: {"model": schemas.PageShape}, **ERRORS})
def list_nothing(request: Request, owner: Owner) -> JSONResponse:  # noqa: ARG001
    """There are none here."""
    return _list([])
