"""The account behind a token, the machines, the webhook's key, and what an input would do."""

import platform

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from dreamreel.animation.plan import table
from dreamreel.api import orders, shapes
from dreamreel.api.bodies import read_json
from dreamreel.api.context import Context, context_of, json_headers
from dreamreel.api.input_schema import FieldProblem, check_input
from dreamreel.api.openapi import ERRORS, INVALID, VALIDATE_BODY
from dreamreel.api.predictions import Owner
from dreamreel.predictions.accounts import LOCAL_OWNER
from dreamreel.workers.rendering import Animation

router = APIRouter(tags=["account"])


@router.get("/account", operation_id="account.get", responses={200: {"model": shapes.AccountShape}, **ERRORS})
def get_account(request: Request, owner: Owner) -> JSONResponse:
    """Whose token this is."""
    tokens = context_of(request).service.store.tokens()
    name = next((token.name for token in tokens if token.id == owner), LOCAL_OWNER)
    answer = {"type": "user", "username": name, "name": name, "github_url": None, "avatar_url": None}
    return JSONResponse(answer, headers=json_headers(request))


@router.get("/hardware", operation_id="hardware.list", responses={200: {"model": list[shapes.HardwareShape]}, **ERRORS})
def list_hardware(request: Request, owner: Owner) -> JSONResponse:  # noqa: ARG001
    """What the workers compute on."""
    context = context_of(request)
    devices = sorted({worker.device for worker in context.service.workers()}) or [platform.machine()]
    return JSONResponse([{"name": device, "sku": device} for device in devices], headers=json_headers(request))


@router.get(
    "/webhooks/default/secret",
    operation_id="webhooks.default.secret.get",
    responses={200: {"model": shapes.SecretShape}, **ERRORS},
)
def get_webhook_secret(request: Request, owner: Owner) -> JSONResponse:
    """The key that this account's webhooks are signed with."""
    key = context_of(request).service.webhook_secret(owner)
    return JSONResponse({"key": key}, headers=json_headers(request))


@router.post(
    "/validate",
    operation_id="validate",
    summary="Check an input without drawing it",
    responses={200: {"model": shapes.ValidationShape}, **INVALID, **ERRORS},
    openapi_extra={"requestBody": VALIDATE_BODY},
)
async def validate(request: Request, owner: Owner) -> JSONResponse:  # noqa: ARG001
    """The resolved input, what each frame would be, the warnings and the cost; 422 says what is wrong and where."""
    context = context_of(request)
    body = await read_json(request, context.settings.max_body_mb)
    if not isinstance(body, dict) or not isinstance(body.get("input"), dict):
        raise orders.invalid([FieldProblem("required", "", "input is required")])
    if found := list(check_input(body["input"])):
        raise orders.invalid(found)
    answer = await run_in_threadpool(_validated, context, body["input"])
    return JSONResponse(answer, headers=json_headers(request))


def _validated(context: Context, raw: dict[str, object]) -> dict[str, object]:
    animation: Animation = orders.plan_input(raw, context.setup)
    plan = animation.plan
    paces = [worker.seconds_per_evaluation for worker in context.service.workers()]
    pace = next((pace for pace in paces if pace is not None), None)
    notes = [*animation.notes, *plan.notes]
    return {
        "input": {**plan.input.to_dict(), "seed": plan.input.seed},
        "seed": plan.seed,
        "warnings": [{"field": note.field, "message": note.message, "column": note.column} for note in notes],
        "evaluations": int(plan.evaluations.sum()),
        "estimated_seconds": orders.seconds_of(plan, pace),
        "frames": list(table(plan)),
    }
