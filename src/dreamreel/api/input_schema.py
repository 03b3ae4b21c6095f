"""The inputs as JSON Schema, and raw inputs checked against it with the messages Replicate's clients know."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dreamreel.animation import hints
from dreamreel.animation.field import Field
from dreamreel.animation.fields import SHOWN
from dreamreel.errors import InputError

_JSON_TYPES: list[tuple[type, str]] = [
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
    (type(None), "null"),
]


# Where the name in plain words says too little.
_LABELS = {
    "fps": "Frame rate",
    "math": "Formulas",
    "drift": "Rounding",
    "strip_single_prefix": "Drop a single prompt's 0:",
    "strict": "Refuse instead of warning",
}


@dataclass(frozen=True)
class FieldProblem:
    """One thing wrong with a request, in gojsonschema's words (contract: validation).

    type: the kind of problem. field: a path such as `input.fps`, empty for the request itself.
    column: where in a text, counted from 1.
    """

    type: str
    field: str
    description: str
    column: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Its JSON form."""
        document: dict[str, Any] = {"type": self.type, "field": self.field, "description": self.description}
        return document if self.column is None else {**document, "column": self.column}


def input_schema() -> dict[str, Any]:
    """The JSON Schema of `input`: for the original's fields, what the original served."""
    return {"type": "object", "properties": {name: _property(field) for name, field in SHOWN.items()}}


def _property(field: Field) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": field.kind, "description": field.help}
    if field.default is not None:
        schema["default"] = field.default
    if field.choices:
        schema["enum"] = list(field.choices)
    limits = zip(("minimum", "maximum"), field.limits(api=True), strict=True)
    schema |= {name: limit for name, limit in limits if limit is not None}
    if field.syntax != "plain":
        schema["x-syntax"] = field.syntax
    if field.extension:
        schema["x-extension"] = True
    facts = {"x-label": label_of(field.name), "x-group": field.group, "x-unit": field.unit, "x-scope": field.scope}
    return schema | {name: value for name, value in facts.items() if value}


def label_of(name: str) -> str:
    """What editors call an input: its name in plain words."""
    return _LABELS.get(name) or name.removesuffix("_schedule").replace("_", " ").capitalize()


def check_input(raw: dict[str, Any]) -> Iterator[FieldProblem]:
    """Every way in which raw does not fit input_schema(). Unknown keys fit, and so does a seed of `null`: none."""
    for name, field in SHOWN.items():
        if name in raw and not (name == "seed" and raw[name] is None):
            yield from _check(name, field, raw[name])


def from_input_error(error: InputError) -> FieldProblem:
    """A problem that the parsers found beyond the schema."""
    known = error.field in SHOWN
    description = error.message if known else str(error)
    return FieldProblem("invalid_value", f"input.{error.field}" if known else "input", description, error.column)


def _check(name: str, field: Field, value: Any) -> Iterator[FieldProblem]:
    path, given = f"input.{name}", json_type(value)
    if given == "number" and float(value).is_integer():
        given = "integer"
    if given != field.kind:
        words = f"Invalid type. Expected: {field.kind}, given: {json_type(value)}"
        yield FieldProblem("invalid_type", path, words + hints.of_value(field, value))
        return
    if field.choices and value not in field.choices:
        listed = ", ".join(f'"{choice}"' for choice in field.choices)
        words = f"{name} must be one of the following: {listed}"
        yield FieldProblem("enum", path, words + hints.of_choice(field, value))
    smallest, largest = field.limits(api=True)
    if smallest is not None and value < smallest:
        yield FieldProblem("number_gte", path, f"Must be greater than or equal to {smallest}")
    if largest is not None and value > largest:
        yield FieldProblem("number_lte", path, f"Must be less than or equal to {largest}")


def json_type(value: Any) -> str:
    """JSON's name for the type of a value."""
    return next((name for kind, name in _JSON_TYPES if isinstance(value, kind)), type(value).__name__)
