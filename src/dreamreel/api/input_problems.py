"""What is wrong with an input beyond its schema, all at once: texts that cannot be read, and what does not exist."""

import json
from collections.abc import Iterator
from typing import Any

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.fields import SHOWN
from dreamreel.api.input_schema import FieldProblem, from_input_error
from dreamreel.errors import InputError
from dreamreel.rendering.setup import plan_on

# What means nothing here is kept and answered again, as Replicate does, but not at any size.
MOST_UNKNOWN_KEYS = 100
MOST_UNKNOWN_BYTES = 64 * 1024
_TEXTS = [name for name, field in SHOWN.items() if field.syntax != "plain"]


def check_unknown(raw: dict[str, Any]) -> Iterator[FieldProblem]:
    """What is wrong with the inputs that do not exist: there may be some, such as other models', but small ones."""
    unknown = {name: value for name, value in raw.items() if name not in SHOWN}
    if len(unknown) > MOST_UNKNOWN_KEYS:
        example = next(iter(unknown))[:40]
        text = f"{len(unknown)} inputs do not exist, such as {example}; of such {MOST_UNKNOWN_KEYS} may be sent"
        yield FieldProblem("additional_property_not_allowed", "input", text)
        return
    sizes = {name: len(json.dumps(value)) + len(name) for name, value in unknown.items()}
    if sum(sizes.values()) > MOST_UNKNOWN_BYTES:
        largest = max(sizes, key=lambda name: sizes[name])
        text = (
            f"There is no input {largest[:40]}, and it holds {sizes[largest]} bytes; "
            f"inputs that do not exist may hold {MOST_UNKNOWN_BYTES} together"
        )
        yield FieldProblem("additional_property_not_allowed", "input", text)


def parser_problems(raw: dict[str, Any], canvas: Canvas, known: list[FieldProblem]) -> Iterator[FieldProblem]:
    """What the parsers find beyond known, reading each text by itself."""
    wrong = {problem.field for problem in known}
    fits = {name: raw[name] for name in SHOWN if raw.get(name) is not None and f"input.{name}" not in wrong}
    rest = {name: value for name, value in fits.items() if name not in _TEXTS}
    for _ in range(len(rest)):
        error = _error({**rest}, canvas)
        if error is None:
            break
        yield from_input_error(error)
        if rest.pop(error.field, None) is None:
            return
    for name in (name for name in _TEXTS if name in fits):
        error = _error({**rest, name: fits[name]}, canvas)
        if error is not None:
            yield from_input_error(error)


def _error(raw: dict[str, Any], canvas: Canvas) -> InputError | None:
    try:
        plan_on(canvas, raw, api=True, shown=SHOWN)
    except InputError as error:
        return error
    return None
