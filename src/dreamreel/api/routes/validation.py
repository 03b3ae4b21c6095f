"""What an input would do: its frames and curves, its warnings, its cost, or everything that is wrong with it."""

from contextlib import suppress
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dreamreel.animation.plan import AnimationPlan, grammar_of, table
from dreamreel.animation.profile import PROFILES
from dreamreel.animation.views import SEED, ApiModel
from dreamreel.animation.words.fields import words_grammar
from dreamreel.api import create_request, schemas
from dreamreel.api.chosen_model import chosen_model, plan_for
from dreamreel.api.context import Context, context_of
from dreamreel.api.http.bodies import read_json, work
from dreamreel.api.input_problems import CheckedInput, check_input
from dreamreel.api.input_schema import FieldProblem
from dreamreel.api.openapi import ERRORS, INVALID, VALIDATE_BODY
from dreamreel.api.routes.predictions import Owner
from dreamreel.api.squeeze import squeezed
from dreamreel.errors import InputError
from dreamreel.rendering.animation import prompt_remarks
from dreamreel.schedule.keyframes import Span
from dreamreel.schedule.prompting.box import read_box
from dreamreel.schedule.prompting.rules import RULES
from dreamreel.schedule.prompts import PromptSpan, locate_prompts
from dreamreel.schedule.schedules import Grammar, locate_schedule, parse_schedule
from dreamreel.schedule.series import Floats

router = APIRouter(tags=["predictions"])
# Enough digits to draw a curve or a picture with, and a third of the bytes of all of them.
DIGITS = 6
# Keys with their places are for editors, which show no more; a schedule may have ten times as many.
MOST_KEYS = 1000


@router.post(
    "/validate",
    operation_id="validate",
    summary="Check an input without drawing it",
    responses={200: {"model": schemas.ValidationShape}, **INVALID, **ERRORS},
    openapi_extra={"requestBody": VALIDATE_BODY},
)
async def validate(request: Request, owner: Owner, frames: bool = True) -> Response:  # noqa: ARG001
    """The resolved input, what each frame would be, the warnings and the cost; 422 says what is wrong and where.

    `schedules` has the curve of each schedule and its keyframes with their places in the text, `prompts`
    those of the prompts, for editors. `frames=false` leaves out the table of frames. `version` says which model is
    meant, as for a prediction; without it the first.
    """
    context = context_of(request)
    body = await read_json(request, context.settings.max_body_mb)
    if not isinstance(body, dict) or not isinstance(raw := body.get("input"), dict):
        raise create_request.invalid([FieldProblem("required", "", "input is required")])
    version = body.get("version", SEED.version)

    def made() -> Response:
        checked = check_input(raw, create_request.model_of(version, context.versions.find), context.checkpoints)
        return squeezed(request, JSONResponse(_validated(context, checked, frames)))

    return await work(request, made)


def _validated(context: Context, checked: CheckedInput, frames: bool) -> dict[str, Any]:
    model = chosen_model(context, checked)
    plan, notes = plan_for(model, context, checked)
    scheduled = [context.checkpoints[name].location for name in plan.checkpoints.distinct]
    notes += prompt_remarks(plan, model.location, context.setup, scheduled)
    paces = [worker.seconds_per_evaluation for worker in context.service.workers()]
    pace = next((pace for pace in paces if pace is not None), None)
    return {
        "input": checked.resolved(plan),
        "seed": plan.seed,
        "warnings": [{"field": note.field, "message": note.message, "column": note.column} for note in notes],
        "evaluations": int(plan.evaluations.sum()),
        "saved_evaluations": plan.saved,
        "evaluations_at_most": plan.is_open,
        "estimated_seconds": create_request.seconds_of(plan, pace),
        "canvas": {"width": plan.canvas.width, "height": plan.canvas.height, "steps": plan.canvas.steps},
        "prompt_grammar": _grammar(plan) or "original",
        "prompts": [
            {"frame": span.frame, "text": span.text, "place": [span.start, span.stop]} for span in _prompts(plan)
        ],
        "schedules": schedules_of(plan, checked.model),
        "names": names_of(plan, checked.model),
        "frames": list(table(plan)) if frames else [],
    }


def _grammar(plan: AnimationPlan) -> str | None:
    return words_grammar(plan.input.text("prompt_grammar"), PROFILES[plan.input.text("profile")].prompts)


def _prompts(plan: AnimationPlan) -> list[PromptSpan]:
    text = plan.input.text("animation_prompts")
    if (grammar := _grammar(plan)) is None:
        return locate_prompts(text, plan.num_frames, PROFILES[plan.input.text("profile")].reads_json)
    names = RULES[grammar].names(plan.num_frames, plan.seed)
    placed, _ = read_box(text, plan.num_frames, "animation_prompts", names)
    return [PromptSpan(each.frame, each.text, each.start, each.stop) for each in placed]


def schedules_of(plan: AnimationPlan, model: ApiModel) -> dict[str, Any]:
    """The curve of each schedule that has a text, also of one that decides nothing here, such as a flip that is off."""
    grammar, series = grammar_of(plan.input, plan.seed), dict(plan.series)
    for name, field in model.view.fields.items():
        if field.kind != "schedule" or name in series or (text := plan.input.values[name]) is None:
            continue
        with suppress(InputError):  # what nothing reads is not refused, and has no curve
            series[name] = parse_schedule(str(text), name, grammar)[0]
    return {name: _schedule(plan.input.text(name), name, values, grammar) for name, values in series.items()}


def names_of(plan: AnimationPlan, model: ApiModel) -> dict[str, Any]:
    """The keyframes of each text that gives every frame a name, each with that name."""
    grammar, found = grammar_of(plan.input, plan.seed), {}
    for name, field in model.view.fields.items():
        if field.kind != "names" or (text := plan.input.values.get(name)) is None:
            continue
        with suppress(InputError):
            spans = locate_schedule(str(text), name, grammar)
            keys = [_key(span, grammar.reading.text(span.keyframe.text)) for span in spans[:MOST_KEYS]]
            found[name] = {"num_keys": len(spans), "keys": keys}
    return found


def _schedule(text: str, name: str, numbers: Floats, grammar: Grammar) -> dict[str, Any]:
    """A schedule's value at each frame, and its keyframes in the order in which they are written."""
    values = numbers.round(DIGITS).tolist()
    spans = locate_schedule(text, name, grammar)
    keys = [_key(span, grammar.reading.number(span.keyframe.text)) for span in spans[:MOST_KEYS]]
    return {"values": values, "num_keys": len(spans), "keys": keys}


def _key(span: Span, value: float | str | None) -> dict[str, Any]:
    """A keyframe; places are [from, to) in characters of the text. value: None for a formula."""
    key = span.keyframe
    return {
        "frame": key.frame,
        "value": value,
        "place": [span.start, span.stop],
        "frame_place": [span.start, span.colon],
        "value_place": [key.column - 1, key.column - 1 + len(key.text)],
    }
