"""Whose rules hold for prompts, by profile: a row of values each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

# Chunks of 75 tokens that a text encoder reads of one prompt. All of an evaluation are brought to one length.
MAX_CHUNKS = 6


@dataclass(frozen=True)
class PromptRules:
    """How prompts are read.

    grammar: webui: attention, editing, alternation, AND; notebook: weighted parts. keys: names that frame numbers may
    use as formulas; None: they are digits. letters: whether a formula is read letter by letter (formulas.py), or as in
    schedules. chunks: of a prompt, at most; the rest is cut, and named. run_steps: whether a prompt changes within the
    steps that its frame runs, or within those of a frame from nothing, of which it runs a few. away_combines: whether
    AND in what is drawn away from mixes conditions, or is a word.
    """

    grammar: Literal["webui", "notebook"] = "webui"
    keys: tuple[str, ...] | None = ("max_f", "s")
    letters: bool = False
    chunks: int = MAX_CHUNKS
    run_steps: bool = True
    away_combines: bool = True

    def names(self, num_frames: int, seed: int) -> Mapping[str, float] | None:
        """The numbers that keys may use; None where they are digits."""
        values = {"max_f": num_frames - 1, "s": seed}
        return None if self.keys is None else {name: values[name] for name in self.keys}


RULES = {
    "dreamreel": PromptRules(),
    "a1111": PromptRules(keys=(), letters=True, run_steps=False, away_combines=False),
    "notebook": PromptRules(grammar="notebook", keys=None, chunks=1),
}
