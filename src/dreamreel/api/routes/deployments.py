"""Names of deployments that lead to the one model served here, for code that was written for a deployment."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse

from dreamreel.animation.views import SEED
from dreamreel.api import schemas
from dreamreel.api.context import Context, context_of
from dreamreel.api.http.problems import Problem
from dreamreel.api.openapi import CREATE_BY_MODEL_BODY, CREATE_HEADERS, ERRORS, INVALID
from dreamreel.api.routes.account import account_document, devices
from dreamreel.api.routes.creates import create_named
from dreamreel.api.routes.predictions import Owner
from dreamreel.api.versions import CREATED_AT
from dreamreel.api.wire import page
from dreamreel.predictions.accounts import LOCAL_OWNER

router = APIRouter(tags=["deployments"])


def _check(context: Context, owner: str, name: str) -> None:
    if f"{owner}/{name}" not in context.deployments:
        detail = (
            f"There is no deployment {owner[:80]}/{name[:80]} here; the server's operator names them (--deployments)."
        )
        raise Problem(404, detail)


def _document(context: Context, full_name: str) -> dict[str, Any]:
    owner, _, name = full_name.partition("/")
    instances = len(context.service.workers())
    release = {
        "number": 1,
        "model": SEED.name,
        "version": SEED.version,
        "created_at": CREATED_AT,
        "created_by": account_document(LOCAL_OWNER),
        "configuration": {
            "hardware": devices(context)[0],
            "min_instances": instances,
            "max_instances": instances,
        },
    }
    return {"owner": owner, "name": name, "current_release": release}


@router.get("/deployments", operation_id="deployments.list", responses={200: {"model": schemas.PageShape}, **ERRORS})
def list_deployments(request: Request, owner: Owner) -> JSONResponse:  # noqa: ARG001
    """The deployments: the model under its own name, and under those of `--deployments`."""
    context = context_of(request)
    return JSONResponse(page([_document(context, name) for name in context.deployments], None, None, str))


@router.get(
    "/deployments/{deployment_owner}/{deployment_name}",
    operation_id="deployments.get",
    responses={200: {"model": schemas.DeploymentShape}, **ERRORS},
)
def get_deployment(request: Request, owner: Owner, deployment_owner: str, deployment_name: str) -> JSONResponse:  # noqa: ARG001
    """A deployment, with the model that it leads to."""
    context = context_of(request)
    _check(context, deployment_owner, deployment_name)
    return JSONResponse(_document(context, f"{deployment_owner}/{deployment_name}"))


@router.post(
    "/deployments/{deployment_owner}/{deployment_name}/predictions",
    operation_id="deployments.predictions.create",
    summary="Create a prediction of a deployment",
    status_code=201,
    responses={201: {"model": schemas.PredictionShape}, **INVALID, **ERRORS},
    openapi_extra={"requestBody": CREATE_BY_MODEL_BODY, "parameters": CREATE_HEADERS},
)
async def create_by_deployment(
    request: Request, owner: Owner, deployment_owner: str, deployment_name: str
) -> JSONResponse:
    """A prediction of the model that the deployment leads to; the body needs no version."""
    _check(context_of(request), deployment_owner, deployment_name)
    return await create_named(request, owner, SEED)
