"""Which checkpoint draws each frame, where a schedule switches between several."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from dreamreel.animation.feature import Feature, Row
from dreamreel.animation.field import Field
from dreamreel.animation.given import Given
from dreamreel.schedule.schedules import parse_texts

SCHEDULE = Field(
    "checkpoint_schedule",
    "names",
    None,
    'The model that draws each frame: 0: ("first"), 30: ("second"); size, steps and guidance stay those of model. On a '
    "server one of those that it draws with, on the command line a name or a path",
    label="Model by frame",
    group="sampling",
    scope="frame",
)


@dataclass(frozen=True, eq=False)
class CheckpointSchedule(Feature):
    """names: (N,), of the model that draws each frame; empty where none is scheduled."""

    FIELDS: ClassVar[tuple[Field, ...]] = (SCHEDULE,)
    names: tuple[str, ...]

    @classmethod
    def plan(cls, given: Given) -> Self:
        text = given.optional_text(SCHEDULE.name)
        if text is None:
            return cls({}, ())
        written, notes = parse_texts(text, SCHEDULE.name, given.grammar)
        given.notes.extend(notes)
        return cls({}, tuple(written))

    @cached_property
    def distinct(self) -> tuple[str, ...]:
        """Each name once, in the order of the frames."""
        return tuple(dict.fromkeys(self.names))

    @cached_property
    def frames_of(self) -> dict[str, NDArray[np.int64]]:
        """By name, the frames that it draws."""
        found: dict[str, list[int]] = {}
        for idx, name in enumerate(self.names):
            found.setdefault(name, []).append(idx)
        return {name: np.array(frames) for name, frames in found.items()}

    def at(self, idx: int) -> str | None:
        """The name for frame idx; None: the model that draws the rest."""
        return self.names[idx] if self.names else None

    def acts(self, idx: int) -> bool:  # noqa: ARG002
        return bool(self.names)

    def row(self, idx: int) -> Row:
        return {"checkpoint": self.names[idx]} if self.names else {}
