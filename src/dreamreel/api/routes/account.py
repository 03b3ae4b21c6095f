"""The account behind a token, the machines, and the webhook's key."""

import platform

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse

from dreamreel.api import schemas
from dreamreel.api.context import Context, context_of
from dreamreel.api.openapi import ERRORS
from dreamreel.api.routes.predictions import Owner
from dreamreel.documents import JsonObject
from dreamreel.predictions.accounts import LOCAL_OWNER

router = APIRouter(tags=["account"])


@router.get("/account", operation_id="account.get", responses={200: {"model": schemas.AccountShape}, **ERRORS})
def get_account(request: Request, owner: Owner) -> JSONResponse:
    """Whose token this is."""
    tokens = context_of(request).service.store.tokens(owner)
    name = tokens[0].name if tokens else LOCAL_OWNER
    return JSONResponse(account_document(name))


def account_document(name: str) -> JsonObject:
    """The account object."""
    return {"type": "user", "username": name, "name": name, "github_url": None, "avatar_url": None}


@router.get(
    "/hardware", operation_id="hardware.list", responses={200: {"model": list[schemas.HardwareShape]}, **ERRORS}
)
def list_hardware(request: Request, owner: Owner) -> JSONResponse:  # noqa: ARG001
    """What the workers compute on."""
    return JSONResponse([{"name": device, "sku": device} for device in devices(context_of(request))])


def devices(context: Context) -> list[str]:
    """What the workers compute on, or this machine if there is none."""
    return sorted({worker.device for worker in context.service.workers()}) or [platform.machine()]


@router.get(
    "/webhooks/default/secret",
    operation_id="webhooks.default.secret.get",
    responses={200: {"model": schemas.SecretShape}, **ERRORS},
)
def get_webhook_secret(request: Request, owner: Owner) -> JSONResponse:
    """The key that this account's webhooks are signed with."""
    key = context_of(request).service.webhook_secret(owner)
    return JSONResponse({"key": key})
