"""A request's `input` object -> AnimationInput, or the sentences that say what is wrong with it."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction

from dreamreel.animation import hints
from dreamreel.animation.checked import AnimationInput, refuse_ignored
from dreamreel.animation.core import PROFILE, SEED, STRICT
from dreamreel.animation.field import Field, Value
from dreamreel.animation.refusals import beyond, no_choice, wrong_type
from dreamreel.animation.views import HERE, View
from dreamreel.errors import InputError
from dreamreel.schedule.bounds import first_notes
from dreamreel.schedule.json_prompts import looks_like_json, read_json_prompts
from dreamreel.schedule.notes import Note, quote

# "23.976", "-7", ".5" or "1e-3"; "24000/1001"
_NUMBER = re.compile(r"[+-]?([0-9]{1,18}(\.[0-9]{0,18})?|\.[0-9]{1,18})(e[+-]?[0-9]{1,2})?", re.IGNORECASE)
_RATIO = re.compile(r"[0-9]{1,9}/0*[1-9][0-9]{0,8}")
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")


def parse(raw: Mapping[str, object], view: View = HERE) -> tuple[AnimationInput, list[Note]]:
    """raw by wire names -> the input, with a note for each key that means nothing to view.

    Raises InputError for the first field that is wrong.
    """
    values, wrong = check(raw, view)
    for problem in wrong:
        raise problem
    return made(values, raw, view)


def check(raw: Mapping[str, object], view: View = HERE) -> tuple[dict[str, Value], list[InputError]]:
    """The value of every input, by name, and what is wrong with those that raw has, in the order of view."""
    given, wrong = dict[str, Value](), []
    for name, field in view.fields.items():
        if name in raw and not (raw[name] is None and (view.is_lenient or field.default is None)):
            try:
                given |= _values(raw[name], field, view.is_lenient)
            except InputError as error:
                wrong.append(error)
    values, refused = view.read(given, raw.get(PROFILE.name))
    if values[SEED.name] == -1:
        values[SEED.name] = None
    return values, [*wrong, *refused]


def made(values: dict[str, Value], raw: Mapping[str, object], view: View) -> tuple[AnimationInput, list[Note]]:
    """The input of raw's checked values, with notes on its keys. Raises InputError where it is strict about those."""
    notes = first_notes(_unknown(raw, view), "input")
    if values[STRICT.name]:
        refuse_ignored(notes)
    return AnimationInput(values), notes


def _values(value: object, field: Field, is_lenient: bool) -> Mapping[str, Value]:
    """The values of inputs that value stands for: the field's own, or those that another name for one means."""
    if field.meant is not None and isinstance(value, str) and (meant := field.meant(value)) is not None:
        return meant
    return {field.name: _value(value, field, is_lenient)}


def _value(value: object, field: Field, is_lenient: bool) -> Value:
    if is_lenient and isinstance(value, str):
        value = _coerced(value, field)
    elif is_lenient and isinstance(value, dict) and field.kind == "prompts":
        value = _written(value, field)
    if field.type == "string":
        return _text(value, field)
    if field.type == "boolean":
        if not isinstance(value, bool):
            raise wrong_type(field, value)
        return value
    return _number(value, field)


def _coerced(value: str, field: Field) -> object:
    """What pydantic 1 made of a text in the original's predict(): "100" is 100."""
    text = value.strip()
    if field.type == "integer":
        digits = text.removeprefix("-").removeprefix("+")
        return int(text) if digits.isdecimal() and len(digits) <= 18 else value
    if field.type == "number":
        if _RATIO.fullmatch(text):
            return float(Fraction(text))
        return float(text) if _NUMBER.fullmatch(text) else value
    if field.type == "boolean" and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value


def _written(value: dict[object, object], field: Field) -> object:
    """Prompts by frame, such as {"0": "a fox"}, as the text that the parser of JSON prompts reads; others unchanged."""
    for each in value.values():
        if not isinstance(each, str):
            return value
        _refuse_no_text(each, field)
    text = json.dumps(value, ensure_ascii=False)
    return text if looks_like_json(text) and len(read_json_prompts(text)[0]) == len(value) else value


def _text(value: object, field: Field) -> str:
    if not isinstance(value, str):
        raise wrong_type(field, value)
    _refuse_no_text(value, field)
    if field.choices and value not in field.choices:
        raise no_choice(field, value)
    return value


def _refuse_no_text(value: str, field: Field) -> None:
    if found := _NOT_TEXT.search(value):
        what = "a NUL character" if found.group() == "\x00" else "half a surrogate pair"
        raise InputError(field.name, f"holds {what} at column {found.start() + 1}; remove it", found.start() + 1)


def _number(value: object, field: Field) -> float:
    """value within the limits of the field; a whole one is an int, as JSON writes it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_type(field, value)
    number = int(value) if isinstance(value, int) or value.is_integer() else value
    if isinstance(number, float) and (field.type == "integer" or not math.isfinite(number)):
        raise wrong_type(field, value)
    if (refusal := beyond(field, number)) is not None:
        raise refusal
    if field.among and number not in field.among:
        raise no_choice(field, number)
    return number


def _unknown(raw: Mapping[str, object], view: View) -> Iterator[Note]:
    """A note on each key that is no input and, if the prompt may be among them, on what is drawn instead."""
    for name in view.silent:
        if raw.get(name) is not None and raw[name] != view.fields[name].default:
            yield Note(name, "ignored: it has no effect where material, masks, video and 3D are off", ignored=True)
    names = [name for name, value in raw.items() if name not in view.fields and value is not None]
    for name in names:
        hint = hints.of_input(name, raw[name], view.fields)
        yield Note(str(name)[:80], f"ignored: there is no such input{hint}", ignored=True)
    if names and raw.get("animation_prompts") is None:
        default = str(view.defaults["animation_prompts"])
        yield Note("animation_prompts", f"not given: the default is drawn, {quote(default, 80)}")
