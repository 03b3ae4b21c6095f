"""What the framework finds wrong with a request's parameters, in our words."""

from collections.abc import Mapping, Sequence
from typing import Any

from dreamreel.api.input_schema import FieldProblem

_WORDS = {
    "missing": "is required",
    "int": "must be an integer",
    "float": "must be a number",
    "bool": "must be true or false",
    "string": "must be text",
    "list": "must be a list",
    "dict": "must be an object",
    "datetime": "must be a time such as 2026-01-02T03:04:05Z",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "greater_than": "must be greater than {gt}",
    "less_than": "must be less than {lt}",
    "string_too_long": "must be at most {max_length} characters",
    "string_too_short": "must be at least {min_length} characters",
    "literal": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "value_error": "{error}",  # what a validator of ours said
}


def field_problems(errors: Sequence[Mapping[str, Any]]) -> list[FieldProblem]:
    """errors: as of fastapi.exceptions.RequestValidationError."""
    return [
        FieldProblem("invalid_value", ".".join(str(place) for place in each["loc"][1:]), _say(each)) for each in errors
    ]


def _say(error: Mapping[str, Any]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    for name in (kind, kind.partition("_")[0]):  # `int_parsing` and `int_type` say the same of an `int`
        if name in _WORDS:
            return _WORDS[name].format_map(context)
    return "is not valid"
