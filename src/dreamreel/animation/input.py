"""A request's `input` object -> AnimationInput, or the sentence that says what is wrong with it."""

import math
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction

from dreamreel.animation import hints
from dreamreel.animation.checked import AnimationInput, refuse_ignored
from dreamreel.animation.field import Field, Value
from dreamreel.animation.fields import FIELDS
from dreamreel.errors import InputError
from dreamreel.schedule.bounds import first_notes
from dreamreel.schedule.notes import Note, quote

# "23.976" or "24000/1001"
_FRACTION = re.compile(r"[0-9]{1,9}(\.[0-9]{1,18}|/0*[1-9][0-9]{0,8})")
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
_JSON_NAMES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


def parse(
    raw: Mapping[str, object], api: bool = False, shown: Mapping[str, Field] = FIELDS
) -> tuple[AnimationInput, list[Note]]:
    """raw by wire names -> the input, with a note for each key that means nothing.

    api: apply the limits of the HTTP API and its strict types; otherwise `"100"` and `15.0` are
    taken for integers, as the original's inner layer took them. shown: the fields that raw may name; the others have
    their defaults.

    Raises InputError for the first field that is wrong.
    """
    given = {name: raw.get(name) if name in shown else None for name in FIELDS}
    for problem in problems(given, api):
        raise problem
    values = {name: _value(given[name], field, api) for name, field in FIELDS.items()}
    if values["seed"] == -1:
        values["seed"] = None
    notes = first_notes(_unknown(raw, shown), "input")
    if values["strict"]:
        refuse_ignored(notes)
    return AnimationInput(values), notes


def problems(raw: Mapping[str, object], api: bool = False) -> Iterator[InputError]:
    """Every field of raw that is wrong, in the order of the table."""
    for name, field in FIELDS.items():
        try:
            _value(raw.get(name), field, api)
        except InputError as error:
            yield error


def _value(value: object, field: Field, api: bool) -> Value:
    if value is None:
        return field.default
    if not api:
        value = _coerced(value, field)
    checked = _checked(value, field, api)
    if isinstance(checked, str):
        if field.choices and checked not in field.choices:
            listed = ", ".join(quote(choice) for choice in field.choices)
            hint = hints.of_choice(field, checked)
            raise InputError(field.name, f"must be one of {listed}, got {quote(checked)}{hint}")
    elif field.kind == "integer":
        checked = checked if isinstance(checked, float) and not checked.is_integer() else int(checked)
        _check_limits(checked, field, api)
    return checked


def _coerced(value: object, field: Field) -> object:
    """What pydantic 1 made of a value in the original's predict(): "100" is 100."""
    if field.kind == "integer" and isinstance(value, str):
        text = value.strip()
        digits = text.removeprefix("-").removeprefix("+")
        if digits.isdecimal() and len(digits) <= 18:
            return int(text)
        if field.fractions_here and (found := _FRACTION.fullmatch(text)):
            return float(Fraction(found.group()))
    if field.kind == "boolean" and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value


def _checked(value: object, field: Field, api: bool) -> str | float | bool:
    """value, if it is of the field's type."""
    fractions = field.fractions_here and not api
    fits = {
        "string": isinstance(value, str),
        "boolean": isinstance(value, bool),
        "integer": (isinstance(value, int) and not isinstance(value, bool))
        or (isinstance(value, float) and (value.is_integer() or (fractions and math.isfinite(value)))),
    }
    if not isinstance(value, str | int | float) or not fits[field.kind]:
        came = _JSON_NAMES.get(type(value), type(value).__name__)
        kind = "a number" if fractions else f"an {field.kind}" if field.kind == "integer" else f"a {field.kind}"
        hint = hints.of_number(value) if field.kind == "integer" and not api else hints.of_value(field, value)
        raise InputError(field.name, f"must be {kind}, got the {came} {quote(str(value)[:200])}{hint}")
    if isinstance(value, str) and (found := _NOT_TEXT.search(value)):
        what = "a NUL character" if found.group() == "\x00" else "half a surrogate pair"
        raise InputError(field.name, f"holds {what} at column {found.start() + 1}; remove it", found.start() + 1)
    return value


def _check_limits(value: float, field: Field, api: bool) -> None:
    # The seed's limits are not in the original's schema, which must be served as it is; they hold all the same.
    smallest, largest = field.limits(api and field.maximum is not None)
    if smallest is not None and largest is not None and not smallest <= value <= largest:
        extra = " (-1 or none: random)" if field.name == "seed" else ""
        raise InputError(field.name, f"must be between {smallest} and {largest}{extra}, got {str(value)[:40]}")


def _unknown(raw: Mapping[str, object], shown: Mapping[str, Field]) -> Iterator[Note]:
    """A note on each key that is no input and, if the prompt may be among them, on what is drawn instead."""
    names = [name for name in raw if name not in shown]
    for name in names:
        hint = hints.of_input(name, raw[name])
        yield Note(str(name)[:80], f"ignored: there is no such input{hint}", ignored=True)
    if names and raw.get("animation_prompts") is None:
        default = str(FIELDS["animation_prompts"].default)
        yield Note("animation_prompts", f"not given: the default is drawn, {quote(default, 80)}")
