"""A row of the table of inputs: its value, its limits, whom it concerns. All else about an input is made from it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Literal

Kind = Literal["string", "integer", "number", "boolean", "choice", "schedule", "names", "prompts"]
# whole: every frame depends on the value. frame: only on what it gives a frame, which its row says. output: no frame.
# weights: every frame, but on the weights that it stands for, which have a digest.
Scope = Literal["whole", "frame", "output", "weights"]
Value = str | int | float | bool | None

# Models of the HTTP API: the one whose schema is Replicate's, and the one that shows every field.
SEED_MODEL = "deforum/deforum_stable_diffusion"
ANIMATE_MODEL = "dreamreel/animate"
LARGEST_SEED = 2**32 - 1
# Below it a factor is taken for a mistake.
SMALLEST_FACTOR = 1e-6


@dataclass(frozen=True)
class Usual:
    """Within which numbers values are meant. Others are drawn, too, and a note says so.

    meaning: what the limits are about, or what becomes of a value beyond them.
    """

    meaning: str
    least: float = -math.inf
    most: float = math.inf


@dataclass(frozen=True, eq=False)
class Field:
    """One input.

    name: its wire name. kind: what its value is; schedules (a number for each frame), names (a name for each frame) and
    prompts are texts with a parser of their own, a choice is one of a few texts. default: None where there is none.
    help: a sentence for people.
    choices: the values of a choice. offers: what an editor offers for a frame of names; empty: the models served here.
    among: the only values of an integer, where not all within its limits are.
    minimum, maximum: what a number, or any value of a schedule, may not pass. usual: what it seldom does.
    is_factor: whether values of 0 and below are refused in the words that a factor needs.
    label: what editors call it; empty where its name in plain words says enough.
    group: what it belongs to, for people. unit: of its number, or of each value of a schedule. scope: see Scope.
    models: of the HTTP API, that show it; `dreamreel/animate` shows every field.
    meant: the values of inputs that other texts stand for, by name; None for a text that stands for none.
    """

    name: str
    kind: Kind
    default: Value
    help: str
    _: KW_ONLY
    choices: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    among: tuple[int, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    usual: Usual | None = None
    is_factor: bool = False
    label: str = ""
    group: str = ""
    unit: str = ""
    scope: Scope = "whole"
    models: tuple[str, ...] = ()
    meant: Callable[[str], Mapping[str, Value] | None] | None = None

    @property
    def type(self) -> str:
        """JSON's name for its values."""
        return self.kind if self.kind in ("integer", "number", "boolean") else "string"

    @property
    def has_syntax(self) -> bool:
        """Whether its text is parsed, so that what is wrong with it has a column."""
        return self.kind in ("schedule", "names", "prompts")

    @property
    def caption(self) -> str:
        """Its label, or its name in plain words."""
        return self.label or self.name.removesuffix("_schedule").replace("_", " ").capitalize()


def schedule(
    name: str,
    default: str | None,
    text: str,
    *,
    limit: float | None = None,
    minimum: float | None = None,
    usual: Usual | None = None,
    is_factor: bool = False,
    label: str = "",
    group: str = "",
    unit: str = "",
    models: tuple[str, ...] = (),
) -> Field:
    """A field whose text gives every frame a number, of -limit to limit, or of minimum to limit."""
    if minimum is None and limit is not None:
        minimum = SMALLEST_FACTOR if is_factor else -limit
    return Field(
        name,
        "schedule",
        default,
        text,
        minimum=minimum,
        maximum=limit,
        usual=usual,
        is_factor=is_factor,
        label=label,
        group=group,
        unit=unit,
        scope="frame",
        models=models,
    )


def choice(
    name: str,
    default: str,
    text: str,
    choices: tuple[str, ...],
    *,
    label: str = "",
    group: str = "",
    scope: Scope = "whole",
    models: tuple[str, ...] = (),
    meant: Callable[[str], Mapping[str, Value] | None] | None = None,
) -> Field:
    """A field with one of a few values."""
    return Field(
        name,
        "choice",
        default,
        text,
        choices=choices,
        label=label,
        group=group,
        scope=scope,
        models=models,
        meant=meant,
    )
