"""The body and headers of a create request -> an Order that can be drawn, or everything that is wrong with it."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.plan import AnimationPlan
from dreamreel.animation.refusals import expected, one_of
from dreamreel.animation.views import SEED, ApiModel
from dreamreel.api.http.problems import Problem
from dreamreel.api.input_problems import CheckedInput, check_input
from dreamreel.api.input_schema import FieldProblem, from_input_error
from dreamreel.api.versions import find_version
from dreamreel.errors import InputError
from dreamreel.models.layout import Defaults
from dreamreel.rendering.setup import Setup
from dreamreel.schedule.notes import Note
from dreamreel.webhooks.addresses import AddressRules
from dreamreel.webhooks.receivers import normal

EVENTS = ("start", "output", "logs", "completed")
MEMBERS = ("version", "input", "stream", "webhook", "webhook_events_filter", "webhook_completed")
# Problems that an answer lists; of the rest it says how many there are.
MOST = 100
# Clients that write every member down say so of what they do not want.
_MAY_BE_NULL = ("stream", "webhook", "webhook_events_filter", "webhook_completed")
SHORTEST_DEADLINE = timedelta(seconds=5)
FindVersion = Callable[[str], ApiModel | None]


@dataclass(frozen=True)
class Body:
    """A create request's members, checked one by one."""

    input: CheckedInput
    webhook: str | None
    webhook_events: tuple[str, ...]


def parse_body(
    document: object,
    model: ApiModel | None = None,
    canvas: Canvas | None = None,
    drawing: Collection[str] = (),
    find: FindVersion = find_version,
) -> Body:
    """Raises Problem 422 that lists everything wrong at once; with a canvas, what is wrong with the texts, too.

    model: that of the address, whose body need not name a version. drawing: as of check_input.
    find: what a version that is named means. Raises what it raises, too.
    """
    if not isinstance(document, dict):
        raise invalid([FieldProblem("invalid_type", "", expected("object", document))])
    raw, found = document.get("input"), list(_check_members(document, model is None))
    # Of a version that does not exist, the input is held to the first model: what is wrong is said at once.
    meant = model or _model_named(document.get("version"), find)
    checked = check_input(raw, meant or SEED, drawing) if isinstance(raw, dict) else None
    found += checked.problems if checked else []
    if found or checked is None:
        raise invalid([*found, *(checked.parser_problems(canvas) if checked and canvas else [])])
    if meant is None:
        raise _no_version()
    webhook = document.get("webhook") or document.get("webhook_completed")
    webhook = normal(webhook) if webhook else None
    return Body(
        input=checked,
        webhook=webhook,
        webhook_events=_events(document.get("webhook_events_filter")) if webhook else (),
    )


def _check_members(document: dict[str, Any], needs_version: bool) -> Iterator[FieldProblem]:
    kinds: dict[str, tuple[type, ...]] = {
        "version": (str,),
        "input": (dict,),
        "stream": (bool,),
        "webhook": (str,),
        "webhook_completed": (str,),
        "webhook_events_filter": (str, list),
    }
    for name in ("version", "input") if needs_version else ("input",):
        if name not in document:
            yield FieldProblem("required", "", f"{name} is required")
    for name, value in document.items():
        if value is None and name in _MAY_BE_NULL:
            continue
        if name not in MEMBERS:
            yield FieldProblem("additional_property_not_allowed", "", f"Additional property {name[:80]} is not allowed")
        elif not isinstance(value, kinds[name]):
            kind = {str: "string", dict: "object", bool: "boolean"}[kinds[name][0]]
            yield FieldProblem("invalid_type", name, expected(kind, value))
        elif name == "webhook_events_filter" and isinstance(value, str | list):
            yield from _check_events(value)
        elif name.startswith("webhook") and isinstance(value, str):
            yield from _check_url(name, value)


def _check_events(value: str | list[object]) -> Iterator[FieldProblem]:
    if not all(name in EVENTS for name in _names(value)):
        yield FieldProblem("enum", "webhook_events_filter", one_of("webhook_events_filter", EVENTS))


def _check_url(name: str, value: str) -> Iterator[FieldProblem]:
    try:
        normal(value)
    except InputError as error:
        yield FieldProblem("format", name, f"{name} {error.message}")


def _events(value: str | list[str] | None) -> tuple[str, ...]:
    """The events a filter names; all of them for one that names none."""
    names = _names(value or [])
    return tuple(name for name in EVENTS if name in names) or EVENTS


def _names(value: str | Sequence[object]) -> Sequence[object]:
    return [name.strip() for name in value.split(",")] if isinstance(value, str) else value


def model_of(version: object, find: FindVersion) -> ApiModel:
    """The model that a request's `version` means. Raises Problem 422 where there is none, and what find raises."""
    if (model := _model_named(version, find)) is None:
        raise _no_version()
    return model


def _model_named(text: object, find: FindVersion) -> ApiModel | None:
    return find(text) if isinstance(text, str) else None


def _no_version() -> Problem:
    return Problem(
        422,
        "The specified version does not exist (or perhaps you don't have permission to use it?)",
        title="Invalid version or not permitted",
    )


def invalid(found: list[FieldProblem]) -> Problem:
    """The answer to a request that does not fit: every problem as a line and as an object, but no more than MOST."""
    listed, rest = found[:MOST], len(found) - MOST
    lines = "".join(f"- {problem.field}{': ' if problem.field else ''}{problem.description}\n" for problem in listed)
    extra: dict[str, Any] = {"invalid_fields": [problem.to_dict() for problem in listed]}
    if rest > 0:
        lines += f"- and {rest} more\n"
        extra["invalid_fields_left_out"] = rest
    return Problem(422, lines, title="Input validation failed", **extra)


def plan_input(
    checked: CheckedInput, canvas: Canvas, setup: Setup, made_for: Defaults
) -> tuple[AnimationPlan, list[Note]]:
    """The plan of the animation that an input describes, with notes on it. canvas, made_for: of the model.

    Raises Problem 422 naming each field that cannot be read, and the column.
    """
    if checked.problems:
        raise invalid([*checked.problems, *checked.parser_problems(canvas)])
    try:
        return checked.plan(canvas, setup, made_for)
    except InputError as error:
        found = list(checked.parser_problems(canvas))
        raise invalid(found or [from_input_error(error, checked.model)]) from None


def check_webhook(url: str, rules: AddressRules) -> None:
    """Raises Problem 422 for a receiver that could never be reached."""
    try:
        rules.check_url(url)
    except InputError as error:
        raise invalid([FieldProblem("format", "webhook", error.message)]) from None


def cancel_after(headers: Mapping[str, str]) -> timedelta | None:
    """The header `Cancel-After`: `30`, `90s`, `5m`, `1h30m45s`. Raises Problem 422."""
    text = headers.get("cancel-after")
    if text is None:
        return None
    match = re.fullmatch(r"(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s?)?", text.strip(), re.ASCII)
    if match is None or not any(match.groups()):
        raise Problem(422, f'Cancel-After must be a time such as 30, 90s, 5m or 1h30m45s, got "{text[:40]}"')
    hours, minutes, seconds = (int(group or 0) for group in match.groups())
    wanted = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if wanted < SHORTEST_DEADLINE:
        raise Problem(422, f'Cancel-After must be at least 5 seconds, got "{text[:40]}"')
    return wanted


def seconds_of(plan: AnimationPlan, seconds_per_evaluation: float | None) -> float | None:
    """How long a plan takes at that pace, alone on a worker; None if the pace is not known yet."""
    if seconds_per_evaluation is None:
        return None
    return round(float(plan.evaluations.sum()) * seconds_per_evaluation, 1)
