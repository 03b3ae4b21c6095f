"""What one feature may read of an input: its own fields, as the types it works with, worked out for every frame."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

import numpy as np

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.checked import AnimationInput
from dreamreel.animation.field import Field
from dreamreel.animation.limits import check_series
from dreamreel.animation.profile import PROFILES, Profile
from dreamreel.schedule.notes import Note
from dreamreel.schedule.schedules import Grammar, parse_schedule
from dreamreel.schedule.series import Floats

Meaning = TypeVar("Meaning")


@dataclass(frozen=True, eq=False)
class Given:
    """An input as a feature with these fields reads it. Asking for another's field raises LookupError.

    fields: by name. grammar: what schedules may say. notes: takes what was accepted but may surprise.
    """

    input: AnimationInput
    canvas: Canvas
    grammar: Grammar
    fields: Mapping[str, Field]
    notes: list[Note] = field(default_factory=list)
    profile: Profile = PROFILES["replicate"]

    @property
    def num_frames(self) -> int:
        """Of the animation."""
        return self.grammar.num_frames

    def only(self, fields: tuple[Field, ...]) -> "Given":
        """The same for a feature of those fields."""
        return Given(
            self.input, self.canvas, self.grammar, {each.name: each for each in fields}, self.notes, self.profile
        )

    def text(self, name: str) -> str:
        """The text of a field."""
        return self.input.text(self._own(name).name)

    def optional_text(self, name: str) -> str | None:
        """The text of a field; None if it has none."""
        return self.input.optional_text(self._own(name).name)

    def is_given(self, name: str) -> bool:
        """Whether a field has a value at all."""
        return self.input.values[self._own(name).name] is not None

    def flag(self, name: str) -> bool:
        """The value of a boolean field."""
        return self.input.flag(self._own(name).name)

    def number(self, name: str) -> float:
        """The value of a field of numbers."""
        return self.input.number(self._own(name).name)

    def choice(self, name: str, meanings: Mapping[str, Meaning]) -> Meaning:
        """What the value of a field stands for."""
        return meanings[self.text(name)]

    def series(self, name: str, otherwise: float = 0.0) -> Floats:
        """The value of a schedule at each frame, (N,); of a default it is shared, and cannot be written to.

        otherwise: every frame's, where a field has no text. Raises InputError (ScheduleError for what cannot be read)
        where the field's limits are passed.
        """
        own, text = self._own(name), self.optional_text(name)
        if text is None:
            return np.full(self.num_frames, float(otherwise))
        if text == own.default:
            # Most requests leave most schedules as they are: those are read once. They hold no formula: no seed.
            values, found = _default_series(own, self.grammar.seedless)
        else:
            values, found = parse_schedule(text, name, self.grammar)
            found += check_series(own, values)
        self.notes.extend(found)
        return values

    def _own(self, name: str) -> Field:
        if name not in self.fields:
            raise LookupError(f"{name} is none of the feature's fields: {', '.join(self.fields)}")
        return self.fields[name]


@lru_cache(256)
def _default_series(own: Field, grammar: Grammar) -> tuple[Floats, list[Note]]:
    series, notes = parse_schedule(str(own.default), own.name, grammar)
    notes += check_series(own, series)
    series.setflags(write=False)
    return series, notes
