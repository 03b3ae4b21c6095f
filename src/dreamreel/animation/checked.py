"""The inputs of one animation, checked one by one (input.py), not yet against each other."""

from collections.abc import Mapping
from dataclasses import dataclass

from dreamreel.animation.core import FPS, MAX_FRAMES, MODEL, SEED
from dreamreel.animation.field import Value
from dreamreel.errors import InputError
from dreamreel.schedule.notes import Note


@dataclass(frozen=True)
class AnimationInput:
    """values: by wire name, in the table's order; their defaults, limits and meanings: fields.FIELDS."""

    values: Mapping[str, Value]

    def text(self, name: str) -> str:
        """The value of a field of text or of choices."""
        value = self.values[name]
        assert isinstance(value, str)
        return value

    def optional_text(self, name: str) -> str | None:
        """The same of a field that may have none."""
        return None if self.values[name] is None else self.text(name)

    def flag(self, name: str) -> bool:
        """The value of a boolean field."""
        value = self.values[name]
        assert isinstance(value, bool)
        return value

    def whole(self, name: str) -> int:
        """The value of an integer field."""
        value = self.values[name]
        assert isinstance(value, int)
        return value

    def number(self, name: str) -> float:
        """The value of a field of numbers; a whole one is an int, as JSON writes it."""
        value = self.values[name]
        assert isinstance(value, int | float)
        return value

    @property
    def max_frames(self) -> int:
        """How many frames."""
        return self.whole(MAX_FRAMES.name)

    @property
    def fps(self) -> float:
        """Frames a second of the video."""
        return self.number(FPS.name)

    @property
    def seed(self) -> int | None:
        """Of frame 0; None asks for a random one."""
        return None if self.values[SEED.name] is None else self.whole(SEED.name)

    @property
    def model(self) -> str | None:
        """The name of the model that draws; None for the first there is."""
        return None if self.values[MODEL.name] is None else self.text(MODEL.name)

    def to_dict(self) -> dict[str, Value]:
        """The inputs by wire name, as JSON values."""
        return dict(self.values)


def refuse_ignored(notes: list[Note]) -> None:
    """Raises InputError for the first note on something that would be ignored: what `strict` asks for."""
    for note in notes:
        if note.ignored:
            raise InputError(note.field, f"{note.message} (strict)", note.column)
