"""The inputs of a model as JSON Schema, and what is wrong with a request in the words that Replicate's clients know."""

from dataclasses import dataclass
from typing import Any

from dreamreel.animation.core import PROFILE
from dreamreel.animation.field import Field
from dreamreel.animation.views import ApiModel
from dreamreel.errors import FieldError, InputError

# What editors themselves take an input for (x-role), so that they need to know none by its name: a film's clock, the
# camera of a preview without diffusion, and what is chosen among things that lie on this server.
ROLES = {
    "max_frames": "frames",
    "fps": "rate",
    "angle": "turn",
    "zoom": "scale",
    **{f"translation_{axis}": f"shift_{axis}" for axis in "xy"},
    **{f"transform_center_{axis}": f"center_{axis}" for axis in "xy"},
    "border": "edge",
    "enable_perspective_flip": "turn_in_space",
    "flip_2d_perspective": "turn_in_space",
    "model": "checkpoint",
    "loras": "loras",
    "controlnets": "controlnets",
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


def input_schema(model: ApiModel) -> dict[str, Any]:
    """The JSON Schema of `input`: for a model that is served elsewhere too, what is served there."""
    properties = {name: _property(field, model) for name, field in model.view.fields.items()}
    return {"type": "object", "properties": properties}


def _property(field: Field, model: ApiModel) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": field.type, "description": field.help}
    if field.default is not None:
        schema["default"] = field.default
    if field.choices or field.among:
        schema["enum"] = list(field.choices or field.among)
    if field.name not in model.unsaid and not field.among:
        # Those of a schedule's values: the text itself has none.
        prefix = "x-" if field.kind == "schedule" else ""
        limits = ((f"{prefix}minimum", field.minimum), (f"{prefix}maximum", field.maximum))
        schema |= {name: limit for name, limit in limits if limit is not None}
    if field.has_syntax:
        schema["x-syntax"] = field.kind
    if model.originals and field.name not in model.originals:
        schema["x-extension"] = True
    if field.name == PROFILE.name:
        schema["x-defaults"] = model.view.profile_defaults
    if field.name in model.begun:
        schema["x-begin"] = model.begun[field.name]
    if field.offers:
        schema["x-offers"] = list(field.offers)
    facts = {
        "x-role": ROLES.get(field.name),
        "x-label": field.caption,
        "x-group": field.group,
        "x-unit": field.unit,
        "x-scope": field.scope,
    }
    return schema | {name: value for name, value in facts.items() if value}


def from_input_error(error: InputError, model: ApiModel) -> FieldProblem:
    """What was found wrong with an input, as clients get it."""
    known = error.field in model.view.fields
    place = f"input.{error.field}" if known else "input"
    if isinstance(error, FieldError):
        return FieldProblem(error.kind, place, error.replicate)
    return FieldProblem("invalid_value", place, error.message if known else str(error), error.column)
