"""The operator's LoRAs, embeddings and ControlNets, for whoever chooses among them."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse

from dreamreel.animation.sample.hints import default_for
from dreamreel.api import schemas
from dreamreel.api.context import Context, context_of
from dreamreel.api.openapi import ERRORS
from dreamreel.api.routes.predictions import Owner
from dreamreel.api.wire import page
from dreamreel.models.adapters.controlnet_library import misfit, unet_config
from dreamreel.models.adapters.embeddings import embeddings_in, encoder_widths
from dreamreel.models.adapters.library import LoraFile, loras_in
from dreamreel.models.few_steps import FewSteps
from dreamreel.rendering.additions import fits
from dreamreel.rendering.controlnets import usable

router = APIRouter(tags=["models"])


@router.get("/loras", operation_id="loras.list", responses={200: {"model": schemas.PageShape}, **ERRORS})
def list_loras(request: Request, owner: Owner) -> JSONResponse:  # noqa: ARG001
    """The LoRAs that requests may name here, by name."""
    context = context_of(request)
    found = loras_in(context.setup.loras).files
    return JSONResponse(page([_document(context, found[name]) for name in sorted(found)], None, None, str))


def _document(context: Context, lora: LoraFile) -> dict[str, Any]:
    """What people choose a LoRA by; not where it lies."""
    models = [model.name for model in context.checkpoints.values() if fits(lora, model.location)]
    return {
        "name": lora.name,
        "title": lora.title,
        "base_model": lora.base,
        "format": lora.writer,
        "trigger_words": list(lora.triggers),
        "few_steps": None if lora.few_steps is None else _few_steps(lora.few_steps),
        "size_bytes": lora.num_bytes,
        "models": models,
        "tag": f"<lora:{lora.name}:1>",
    }


def _few_steps(kind: FewSteps) -> dict[str, Any]:
    """What a request that names it, and none of these, is drawn with. cfg_scale: null for the model's own."""
    return {"title": kind.title, "steps": kind.steps, "cfg_scale": kind.cfg_scale, "sampler": kind.sampler}


@router.get("/embeddings", operation_id="embeddings.list", responses={200: {"model": schemas.PageShape}, **ERRORS})
def list_embeddings(request: Request, owner: Owner) -> JSONResponse:  # noqa: ARG001
    """The embeddings (textual inversion) whose names are words of prompts here, by name."""
    context = context_of(request)
    widths = {model.name: encoder_widths(model.location.path) for model in context.checkpoints.values()}
    found = embeddings_in(context.setup.embeddings).files
    documents = [
        {
            "name": name,
            "num_vectors": found[name].num_vectors,
            "models": [model for model, each in widths.items() if each == found[name].widths],
        }
        for name in sorted(found)
    ]
    return JSONResponse(page(documents, None, None, str))


@router.get("/controlnets", operation_id="controlnets.list", responses={200: {"model": schemas.PageShape}, **ERRORS})
def list_controlnets(request: Request, owner: Owner) -> JSONResponse:  # noqa: ARG001
    """The ControlNets that requests may name here, by name."""
    context = context_of(request)
    found = usable(context.setup)
    configs = {model.name: unet_config(model.location.path) for model in context.checkpoints.values()} if found else {}
    documents = [
        {
            "name": name,
            "base_model": found[name].base,
            "format": found[name].writer,
            "size_bytes": found[name].disk_bytes,
            "models": [model for model, config in configs.items() if misfit(found[name], config, model) is None],
            "preprocessor": default_for(name),
        }
        for name in sorted(found)
    ]
    return JSONResponse(page(documents, None, None, str))
