"""The keys of settings files in groups of one purpose: what each is by default, and when it decides anything."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from dreamreel.documents import Json, JsonObject

Condition = Callable[[Mapping[str, Json]], bool]
_KEYFRAME = re.compile(r"[^,:]*:\s*\(?\s*([+-]?[0-9.]+)\s*\)?\s*(?:,|$)")

# A text of more is no schedule that stands still.
_LONGEST = 1000


@dataclass(frozen=True, eq=False)
class Group:
    """Keys of one purpose.

    keys: name -> default. lacks: said of a key that would show in the film and is no input here; empty for keys that
    decide no frame. on: whether the settings make use of them; None: always. off: why not, where they do not.
    still: other values by which nothing happens.
    """

    keys: Mapping[str, Json]
    lacks: str = ""
    on: Condition | None = None
    off: str = ""
    still: Mapping[str, tuple[Json, ...]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Family:
    """A program whose settings files are read.

    name: for people. profile: whose rules hold. groups: its keys; inputs: key -> inputs here that it may be, the first
    that there is; without an entry the one of its name. switches: key -> schedules that it turns on. aliases: other
    names of keys, in lower case. prefixes: of keys that are many -> their group.
    """

    name: str
    profile: str
    groups: tuple[Group, ...]
    inputs: Mapping[str, tuple[str, ...]]
    switches: Mapping[str, tuple[str, ...]]
    aliases: Mapping[str, str]
    prefixes: tuple[tuple[str, Group], ...] = ()

    @cached_property
    def defaults(self) -> JsonObject:
        """Every key's."""
        return {key: default for group in self.groups for key, default in group.keys.items()}

    @cached_property
    def by_key(self) -> dict[str, Group]:
        """Every key's group."""
        return {key: group for group in self.groups for key in group.keys}

    def group(self, key: str) -> Group | None:
        """The group of a key; None for one that the program does not have."""
        found = self.by_key.get(key)
        return found or next((group for prefix, group in self.prefixes if key.startswith(prefix)), None)


def text(settings: Mapping[str, Json], key: str) -> str:
    """A value as text, in lower case; empty for none."""
    value = settings.get(key)
    return str(value).strip().lower() if isinstance(value, str | int | float) else ""


def is_flag(value: Json) -> bool:
    """Whether a switch is on, however it is written."""
    return value is True or (
        isinstance(value, str | int | float) and str(value).strip().lower() in ("true", "1", "yes", "on", "1.0")
    )


def flag(*keys: str) -> Condition:
    """One of the switches is on."""
    return lambda settings: any(is_flag(settings.get(key)) for key in keys)


def chosen(*keys: str) -> Condition:
    """One of the keys has a value that is not nothing."""
    return lambda settings: any(text(settings, key) not in ("", "none", "false", "0", "disabled") for key in keys)


def mode(*names: str) -> Condition:
    """The mode of the animation is one of names, in lower case."""
    return lambda settings: text(settings, "animation_mode") in names


def either(*conditions: Condition) -> Condition:
    """One of them holds."""
    return lambda settings: any(condition(settings) for condition in conditions)


def both(*conditions: Condition) -> Condition:
    """All of them hold."""
    return lambda settings: all(condition(settings) for condition in conditions)


def is_same(value: Json, default: Json) -> bool:
    """Whether two values of a key mean the same, however numbers, blanks and brackets are written."""
    return value == default or _bare(value) == _bare(default)


def is_one_of(value: Json, others: Iterable[Json]) -> bool:
    """Whether a value means the same as one of others."""
    return any(is_same(value, each) for each in others)


def _bare(value: Json) -> object:
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, int | float):
        return float(value)
    if not isinstance(value, str):
        return str(value)
    if (numbers := _held(value)) is not None:
        return numbers
    return re.sub(r"[\s'\"]", "", value).lower()


def _held(value: str) -> float | None:
    """The number that a schedule holds at every frame, or that a text is; None for another text."""
    bare = value.strip()
    if len(bare) > _LONGEST:
        return None
    found = [bare] if ":" not in bare else [match[1] for match in _KEYFRAME.finditer(bare)]
    if not found or (":" in bare and _KEYFRAME.sub("", bare).strip(" ,")):
        return None
    try:
        numbers = {float(each) for each in found}
    except ValueError:
        return None
    return numbers.pop() if len(numbers) == 1 else None
