"""A row of the table of inputs: its value, its limits, whom it concerns."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["string", "integer", "boolean"]
Syntax = Literal["plain", "prompts", "schedule"]
# whole: every frame depends on the value. frame: only on what it gives a frame, which its row says. output: no frame.
Scope = Literal["whole", "frame", "output"]
Value = str | int | float | bool | None

# The model of the HTTP API whose schema is Replicate's.
SEED_MODEL = "deforum_stable_diffusion"
LARGEST_SEED = 2**32 - 1
# Below it a factor is taken for a mistake.
SMALLEST_FACTOR = 1e-6


@dataclass(frozen=True, eq=False)
class Field:
    """One input.

    name: its wire name. kind: its JSON type. default: None where there is none.
    help: a sentence for people; for the ten original inputs it is the original schema's description.
    minimum, maximum: limits of the HTTP API; minimum_here, maximum_here: those of the command line
    and the library, where they differ.
    fractions_here: an integer over HTTP, any number between the limits on the command line and in the library.
    choices: the values a string may have. syntax: which parser reads the string.
    limit: what a schedule's values may not go beyond, either way. is_factor: whether they must be above 0.
    extension: not in the original's schema. models: of the HTTP API, that show it.
    group: what it belongs to, for people. unit: of its number, or of each value of a schedule. scope: see Scope.
    """

    name: str
    kind: Kind
    default: Value
    help: str
    minimum: int | None = None
    maximum: int | None = None
    minimum_here: int | None = None
    maximum_here: int | None = None
    fractions_here: bool = False
    choices: tuple[str, ...] = ()
    syntax: Syntax = "plain"
    limit: float | None = None
    is_factor: bool = False
    extension: bool = False
    models: tuple[str, ...] = (SEED_MODEL,)
    group: str = ""
    unit: str = ""
    scope: Scope = "whole"

    def limits(self, api: bool) -> tuple[int | None, int | None]:
        """(smallest, largest) value accepted, over HTTP or here."""
        if api:
            return self.minimum, self.maximum
        smallest = self.minimum if self.minimum_here is None else self.minimum_here
        largest = self.maximum if self.maximum_here is None else self.maximum_here
        return smallest, largest


def schedule(
    name: str,
    default: str,
    text: str,
    *,
    limit: float | None = None,
    is_factor: bool = False,
    extension: bool = False,
    group: str = "",
    unit: str = "",
) -> Field:
    """A field whose text gives every frame a number."""
    return Field(
        name,
        "string",
        default,
        text,
        syntax="schedule",
        limit=limit,
        is_factor=is_factor,
        extension=extension,
        group=group,
        unit=unit,
        scope="frame",
    )


def choice(
    name: str, default: str, text: str, choices: tuple[str, ...], *, extension: bool = False, group: str = ""
) -> Field:
    """A field with one of a few values."""
    return Field(name, "string", default, text, choices=choices, extension=extension, group=group)
