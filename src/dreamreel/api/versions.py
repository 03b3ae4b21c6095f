"""The models of this API, as the documents that clients of Replicate's know."""

import re
from collections.abc import Sequence
from typing import Any

from dreamreel.animation.views import MODELS, OTHER, SEED, ApiModel
from dreamreel.api.http.problems import Problem
from dreamreel.api.input_schema import input_schema
from dreamreel.errors import InputError

CREATED_AT = "2022-09-07T20:33:29.651262Z"
# Clients ask for at least 0.3.9 and read iterators into older versions' outputs.
COG_VERSION = "0.9.5"
EXAMPLE_ID = "examp1e0000000000000000001"
_BY_NAME = {model.name: model for model in MODELS}
_OF_REPLICATE = (SEED, OTHER)
_BY_VERSION = {model.version: model for model in MODELS}


def deployment_names(text: str) -> tuple[str, ...]:
    """`owner/name` of every deployment: the first model's own, then those in text. Raises InputError."""
    wanted = [name for name in re.split(r"[,\s]+", text) if name]
    for name in wanted:
        if not re.fullmatch(r"[\w.-]{1,80}/[\w.-]{1,80}", name, re.ASCII):
            raise InputError(
                "deployments", f'must be names such as acme/films, with commas between them, got "{name[:80]}"'
            )
    return tuple(dict.fromkeys([SEED.name, *wanted]))


def find_model(owner: str, name: str) -> ApiModel:
    """The model of that name. Raises Problem 404 that names those there are."""
    if (model := _BY_NAME.get(f"{owner}/{name}")) is not None:
        return model
    *most, last = _BY_NAME
    served = f"{', '.join(most)} and {last}"
    raise Problem(404, f"There is no model {owner[:80]}/{name[:80]} here; this server serves {served}.")


def find_version(text: str) -> ApiModel | None:
    """The model whose own version a request's `version` means: an id, a name, or both with a colon between."""
    name, _, version = text.rpartition(":")
    if name:
        return version_under(model, version) if (model := _BY_NAME.get(name)) else None
    return _BY_NAME.get(text) or _BY_VERSION.get(text)


def no_such_version(served: Sequence[ApiModel], version_id: str) -> Problem:
    """404 that names the versions of a model that are served."""
    *most, last = [each.version for each in served]
    there = f"its versions are {', '.join(most)} and {last}" if most else f"its version is {last}"
    return Problem(404, f"There is no version {version_id[:80]} of {served[0].name} here; {there}.")


def version_under(named: ApiModel, version_id: str) -> ApiModel | None:
    """The model whose version that is: published code has those of Replicate's two models under each other's names."""
    known = _OF_REPLICATE if named in _OF_REPLICATE else (named,)
    return next((model for model in known if model.version == version_id), None)


def version_document(model: ApiModel, created_at: str = CREATED_AT) -> dict[str, Any]:
    """The version object, with the schema of its input and output."""
    schemas = {"Input": {"title": "Input", **input_schema(model)}, "Output": output_schema()}
    return {
        "id": model.version,
        "created_at": created_at,
        "cog_version": COG_VERSION,
        "openapi_schema": {
            "openapi": "3.0.2",
            "info": {"title": "Cog", "version": "0.1.0"},
            "paths": {},
            "components": {"schemas": schemas},
        },
    }


def output_schema() -> dict[str, Any]:
    """One address of a video."""
    return {"type": "string", "title": "Output", "format": "uri"}


def example_document(model: ApiModel, origin: str, prompt: str) -> dict[str, Any]:
    """A prediction object whose input runs as it stands, with a prompt that the checkpoint served here draws well.

    Nobody ordered it, so it has no film and no record: its output is null, as of a prediction whose data are removed.
    """
    address = f"{origin}/v1/predictions/{EXAMPLE_ID}"
    return {
        "id": EXAMPLE_ID,
        "model": model.name,
        "version": model.version,
        "input": {"animation_prompts": prompt, **model.example},
        "logs": "",
        "output": None,
        "data_removed": True,
        "error": None,
        "source": "api",
        "status": "succeeded",
        **dict.fromkeys(("created_at", "started_at", "completed_at"), CREATED_AT),
        "metrics": {},
        "urls": {"web": f"{origin}/", "get": address, "cancel": f"{address}/cancel"},
    }


def model_document(model: ApiModel, origin: str, run_count: int, serving: dict[str, Any]) -> dict[str, Any]:
    """The model object. serving: which checkpoint answers for it here, so that nobody mistakes one for another.

    Its url is the studio's: the page that shows the model here.
    """
    owner, _, name = model.name.partition("/")
    return {
        "url": f"{origin}/",
        "owner": owner,
        "name": name,
        "description": model.description,
        "visibility": "public",
        "github_url": "https://github.com/deforum/stable-diffusion",
        "paper_url": None,
        "license_url": None,
        "run_count": run_count,
        "cover_image_url": f"{origin}/studio/icon.svg",
        "default_example": example_document(model, origin, serving["default_prompt"]),
        "latest_version": version_document(model),
        "is_official": False,
        "created_at": CREATED_AT,
        "served_by": serving,
    }
