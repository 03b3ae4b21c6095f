"""What another program's name means here: the right name, or nothing.

A wrong hint is worse than none, because it is followed: a name is taken for a misspelt one only if it is a letter or
two off, or has its letters in another order, and for another program's only if family.py has it.
"""

import re
from collections.abc import Collection, Mapping

from dreamreel.animation import family
from dreamreel.animation.field import ANIMATE_MODEL, Field
from dreamreel.animation.fields import FIELDS
from dreamreel.animation.sample.names import nearest_sampler, sampler_meant
from dreamreel.animation.spelling import bare_name, by_name, misspelt, turned
from dreamreel.schedule.notes import quote

# How a keyframe of a text is written, by its kind; prompts otherwise.
_WRITTEN = {"schedule": "{}: ({})", "names": '{}: ("{}")'}


_CHOICES = {field: by_name(table, table) for field, table in {**family.CHOICES, "scheduler": family.SPACINGS}.items()}
_INPUTS = by_name(family.INPUTS, [*family.INPUTS, *FIELDS])
_SETUP = by_name(family.SETUP, family.SETUP)


def of_choice(field: Field, value: str) -> str:
    """`; did you mean "euler_ancestral"?` for a value that is none of field.choices, or an empty text."""
    if field.name == "sampler":
        return _of_sampler(field, value)
    if field.name == "scheduler" and sampler_meant(value):
        return "; that is a sampler: did you mean sampler?"
    if (absent := family.ABSENT_CHOICES.get(field.name, {}).get(bare_name(value))) is not None:
        return f"; {absent}"
    table = _CHOICES.get(field.name, {}) | {bare_name(choice): choice for choice in field.choices}
    meant = table.get(bare_name(value)) or _misspelt_choice(bare_name(value), table)
    return f"; did you mean {quote(meant)}?" if meant else ""


def _of_sampler(field: Field, value: str) -> str:
    meant, spacing = sampler_meant(value) or nearest_sampler(value) or (None, None)
    if meant is None:
        return ""
    if meant not in field.choices:
        return f"; {ANIMATE_MODEL}, the command line and the library have it"
    if spacing and field.meant is not None:
        return f"; did you mean {quote(f'{meant}_{spacing}')}?"
    levels = " It is that sampler on the model's own noise levels" if spacing else ""
    return f"; did you mean {quote(meant)}?{levels}"


def of_input(name: str, value: object = None, shown: Collection[str] = FIELDS) -> str:
    """What to do about an input that does not exist, beginning with `; `, or an empty text. shown: those that do."""
    bare = bare_name(name)
    if bare == "input" and isinstance(value, dict):
        return "; what it holds belongs one level up"
    if bare == "scheduler" and isinstance(value, str) and sampler_meant(value):
        return "; did you mean sampler?"
    meant = _INPUTS.get(bare)
    if meant is None:
        meant = misspelt(bare, _INPUTS)
    if meant and (meant == name or meant not in shown):
        which = "it" if meant == name else meant
        return f"; {ANIMATE_MODEL}, the command line and the library have {which}"
    if meant:
        return f"; did you mean {meant}?"
    if bare in _SETUP:
        return f"; the command line has {_SETUP[bare]} for it, over HTTP the server decides"
    return _absent(bare)


def of_option(flag: str, known: Collection[str]) -> str:
    """What to write instead of an unknown option --flag, such as --size for --width. known: those that do."""
    bare = bare_name(flag.lstrip("-"))
    meant = "--" + _INPUTS[bare].replace("_", "-") if bare in _INPUTS else _SETUP.get(bare)
    if meant is not None and meant not in known:
        return "; the server decides it"
    absent = _absent(bare)
    if meant is None and not absent:
        meant = misspelt(bare, {bare_name(option): option for option in known if option.startswith("--")})
    return f"; did you mean {meant}?" if meant else absent


def _absent(bare: str) -> str:
    what = next((what for pattern, what in family.ABSENT.items() if re.search(pattern, bare)), None)
    return f"; {what}" if what else ""


def of_value(field: Field, value: object) -> str:
    """How to write a value of another type as the text that field takes, beginning with `; `, or an empty text."""
    if field.kind == "boolean":
        return "; write true or false"
    if not field.has_syntax:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool) and field.kind == "schedule":
        return f"; write {quote(f'0: ({value})')}"
    written = _keyframes(value, _WRITTEN.get(field.kind, "{}: {}"))
    if not written:
        return ""
    text = (", " if field.kind in _WRITTEN else " | ").join(written)
    return f"; write {quote(text, 120)}"


def of_number(value: object) -> str:
    """The whole number next to one that is none, beginning with `; write `, or an empty text."""
    try:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return f"; write {round(float(value))}"
    except (ValueError, OverflowError):
        pass
    return ""


def _keyframes(value: object, pattern: str) -> list[str]:
    """The members of an object of keyframes such as {"0": 1.02}, as pattern has them; none if it is another object."""
    if not isinstance(value, dict) or not all(str(key).strip().isdecimal() for key in value):
        return []
    plain = {key: str(each).strip() for key, each in value.items() if isinstance(each, str | int | float)}
    return [pattern.format(str(key).strip(), each.strip("()")) for key, each in plain.items()]


def _misspelt_choice(bare: str, table: Mapping[str, str]) -> str | None:
    """The value in table that bare is nearest to: of so few, a digit or the first letter may be wrong, too."""
    return turned(bare, table) or misspelt(bare, table, digits=True, first=False)
