"""What is said of a value that does not fit its field: for people, and in gojsonschema's words for HTTP.

The one place of these words, which Replicate's clients know. What the parsers of texts refuse is worded where it is
found.
"""

import math

from dreamreel.animation import hints
from dreamreel.animation.field import Field
from dreamreel.errors import FieldError
from dreamreel.schedule.notes import quote

_JSON_NAMES: tuple[tuple[type, str], ...] = (
    *((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string")),
    *((list, "array"), (dict, "object"), (type(None), "null")),
)


def json_type(value: object) -> str:
    """JSON's name for the type of a value."""
    return next((name for kind, name in _JSON_NAMES if isinstance(value, kind)), type(value).__name__)


def expected(kind: str, value: object) -> str:
    """gojsonschema's words for a value of another type than kind."""
    return f"Invalid type. Expected: {kind}, given: {json_type(value)}"


def one_of(name: str, choices: tuple[str, ...]) -> str:
    """gojsonschema's words for a value that is none of the choices."""
    return f"{name} must be one of the following: " + ", ".join(f'"{choice}"' for choice in choices)


def wrong_type(field: Field, value: object) -> FieldError:
    """For a value of another type than the field's."""
    hint = hints.of_value(field, value)
    article = "an" if field.type == "integer" else "a"
    whole = hints.of_number(value) if field.type == "integer" else ""
    got = f"the {json_type(value)} {quote(str(value)[:200])}"
    if isinstance(value, float) and not math.isfinite(value):  # which some programs write into JSON
        got = f"{value}, which is none"
    people = f"must be {article} {field.type}, got {got}{hint or whole}"
    return FieldError(field.name, people, "invalid_type", expected(field.type, value) + hint)


def no_choice(field: Field, value: str | float) -> FieldError:
    """For a value that is none of the field's choices."""
    if not isinstance(value, str):
        listed = ", ".join(str(each) for each in field.among)
        sentence = f"must be one of the following: {listed}"
        return FieldError(field.name, f"must be one of {listed}, got {value}", "enum", f"{field.name} {sentence}")
    hint = hints.of_choice(field, value)
    listed = ", ".join(quote(choice) for choice in field.choices)
    people = f"must be one of {listed}, got {quote(value)}{hint}"
    return FieldError(field.name, people, "enum", one_of(field.name, field.choices) + hint)


def beyond(field: Field, value: float) -> FieldError | None:
    """For a number that passes a limit of the field; None for one that does not."""
    if field.minimum is not None and value < field.minimum:
        kind, replicate = "number_gte", f"Must be greater than or equal to {_plain(field.minimum)}"
    elif field.maximum is not None and value > field.maximum:
        kind, replicate = "number_lte", f"Must be less than or equal to {_plain(field.maximum)}"
    else:
        return None
    return FieldError(field.name, f"must be {between(field)}, got {str(value)[:40]}", kind, replicate)


def between(field: Field) -> str:
    """The limits of a field that has some: `between 1 and 120`."""
    random = " (-1 or none: random)" if field.name == "seed" else ""
    if field.minimum is None or field.maximum is None:
        limit = field.maximum if field.minimum is None else field.minimum
        return f"at {'most' if field.minimum is None else 'least'} {_plain(limit or 0)}{random}"
    return f"between {_plain(field.minimum)} and {_plain(field.maximum)}{random}"


def _plain(limit: float) -> str:
    return str(int(limit)) if math.isfinite(limit) and float(limit).is_integer() else f"{limit:g}"
