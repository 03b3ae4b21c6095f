"""What became of each key of a file: taken, taken otherwise, missing here, or without effect."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, get_args

from dreamreel.documents import Json, JsonObject

# used: taken as it is. changed: taken under another name or value. unsupported: it would show in the film, and does
# not. inert: it decides no frame of this film.
Fate = Literal["used", "changed", "unsupported", "inert"]
FATES: tuple[Fate, ...] = get_args(Fate)


@dataclass
class Fates:
    """found: key -> its fate and a sentence on it, in the order of the file. notes: on the file as a whole."""

    found: dict[str, tuple[Fate, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def put(self, key: str, fate: Fate, sentence: str) -> None:
        """Says what became of a key. What was changed stays so where it is used afterwards."""
        if fate == "used" and key in self.found and self.found[key][0] == "changed":
            return
        self.found[key] = (fate, sentence)

    def of(self, fate: Fate) -> dict[str, str]:
        """Key -> sentence, of those with that fate."""
        return {key: sentence for key, (each, sentence) in self.found.items() if each == fate}

    def note(self, sentences: Iterable[str]) -> None:
        """Adds sentences that are not there yet."""
        self.notes += [sentence for sentence in sentences if sentence not in self.notes]


@dataclass(frozen=True)
class Imported:
    """A file as a request. kind: what the file is, for people. input: of the request, by wire names.

    remarks: what a plan of it says, as `check` does.
    """

    kind: str
    input: JsonObject
    fates: Fates
    remarks: tuple[str, ...] = ()

    def document(self) -> JsonObject:
        """The same as JSON, as `POST /import` answers it."""
        lists: dict[str, Json] = {fate: dict[str, Json](self.fates.of(fate)) for fate in FATES}
        return {"kind": self.kind, "input": self.input, **lists, "notes": [*self.fates.notes, *self.remarks]}
