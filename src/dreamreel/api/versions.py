"""The one model this API is the interface of, under the names that clients of Replicate's know."""

import re
from typing import Any

from dreamreel.api.http.problems import Problem
from dreamreel.api.input_schema import input_schema
from dreamreel.errors import InputError

MODEL_OWNER, MODEL_NAME = "deforum", "deforum_stable_diffusion"
VERSION = "e22e77495f2fb83c34d5fae2ad8ab63c0a87b6b573b6208e1535b23b89ea66d6"
CREATED_AT = "2022-09-07T20:33:29.651262Z"
# Clients ask for at least 0.3.9 and read iterators into older versions' outputs.
COG_VERSION = "0.9.5"
EXAMPLE_ID = "examp1e0000000000000000001"
DESCRIPTION = "Animating prompts with stable diffusion"


def deployment_names(text: str) -> tuple[str, ...]:
    """`owner/name` of every deployment: the model's own, then those in text. Raises InputError."""
    wanted = [name for name in re.split(r"[,\s]+", text) if name]
    for name in wanted:
        if not re.fullmatch(r"[\w.-]{1,80}/[\w.-]{1,80}", name, re.ASCII):
            raise InputError(
                "deployments", f'must be names such as acme/films, with commas between them, got "{name[:80]}"'
            )
    return tuple(dict.fromkeys([f"{MODEL_OWNER}/{MODEL_NAME}", *wanted]))


def check_model(owner: str, name: str) -> None:
    """Raises Problem 404 for any model but this one, and names it."""
    if (owner, name) != (MODEL_OWNER, MODEL_NAME):
        detail = f"There is no model {owner[:80]}/{name[:80]} here; this server serves {MODEL_OWNER}/{MODEL_NAME}."
        raise Problem(404, detail)


def check_version(version_id: str) -> None:
    """Raises Problem 404 for any version but this one, and names it."""
    if version_id != VERSION:
        detail = f"There is no version {version_id[:80]} of {MODEL_OWNER}/{MODEL_NAME} here; its version is {VERSION}."
        raise Problem(404, detail)


def version_document() -> dict[str, Any]:
    """The version object, with the schema of its input and output."""
    schemas = {"Input": {"title": "Input", **input_schema()}, "Output": output_schema()}
    return {
        "id": VERSION,
        "created_at": CREATED_AT,
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


def example_document(origin: str, prompt: str) -> dict[str, Any]:
    """A prediction object whose input runs as it stands, with a prompt that the model served here draws well.

    Nobody ordered it, so it has no film and no record: its output is null, as of a prediction whose data are removed.
    """
    address = f"{origin}/v1/predictions/{EXAMPLE_ID}"
    return {
        "id": EXAMPLE_ID,
        "model": f"{MODEL_OWNER}/{MODEL_NAME}",
        "version": VERSION,
        "input": {
            "max_frames": 100,
            "animation_prompts": prompt,
            "angle": "0: (0)",
            "zoom": "0: (1.02)",
            "sampler": "euler_ancestral",
            "fps": 15,
            "seed": 7,
        },
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


def model_document(origin: str, run_count: int, serving: dict[str, Any]) -> dict[str, Any]:
    """The model object. serving: which checkpoint answers for it here, so that nobody mistakes one for another.

    Its url is the studio's: the page that shows the model here.
    """
    return {
        "url": f"{origin}/",
        "owner": MODEL_OWNER,
        "name": MODEL_NAME,
        "description": DESCRIPTION,
        "visibility": "public",
        "github_url": "https://github.com/deforum/stable-diffusion",
        "paper_url": None,
        "license_url": None,
        "run_count": run_count,
        "cover_image_url": f"{origin}/studio/icon.svg",
        "default_example": example_document(origin, serving["default_prompt"]),
        "latest_version": version_document(),
        "is_official": False,
        "created_at": CREATED_AT,
        "served_by": serving,
    }
