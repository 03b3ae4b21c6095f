"""One prompt for each frame, as the original reads them."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from dreamreel.animation.feature import Context, Row
from dreamreel.animation.field import SEED_MODEL, Field
from dreamreel.animation.given import Given
from dreamreel.animation.words.guidance import CFG, guidance_of
from dreamreel.animation.words.loras import LORAS, WordsWithLoras, strengths_of
from dreamreel.diffusion.calls import Calls, ask, embed
from dreamreel.diffusion.denoiser import Guidance
from dreamreel.schedule.in_betweens import Floats
from dreamreel.schedule.prompting.loras import Strengths, add_tags, tags_in, without_tags
from dreamreel.schedule.prompts import parse_prompts, prompt_of_each_frame

PROMPTS = Field(
    "animation_prompts",
    "prompts",
    "0: a beautiful portrait of a woman by Artgerm, trending on Artstation",
    "Prompt for animation. Provide 'frame number : prompt at this frame', separate different prompts "
    "with '|'. Make sure the frame number does not exceed the max_frames.",
    group="words",
    scope="frame",
    models=(SEED_MODEL,),
)
STRIP = Field(
    "strip_single_prefix",
    "boolean",
    False,
    "Drop the leading '0:' of a single prompt; the original hands it to the text encoder",
    label="Drop a single prompt's 0:",
    group="words",
    scope="frame",
    models=(SEED_MODEL,),
)


@dataclass(frozen=True, eq=False)
class OriginalPrompts(WordsWithLoras):
    """distinct: the prompts; shown: (N,), which of them each frame shows. scales: (N,), guidance towards it."""

    FIELDS: ClassVar[tuple[Field, ...]] = (PROMPTS, STRIP, CFG, LORAS)
    distinct: tuple[str, ...]
    shown: NDArray[np.int64]
    scales: Floats

    @classmethod
    def plan(cls, given: Given) -> Self:
        text = given.text(PROMPTS.name)
        prompts, notes = parse_prompts(
            text,
            given.num_frames,
            PROMPTS.name,
            given.flag(STRIP.name),
            as_json=given.profile.reads_json,
        )
        # The original's own default has a leading "0:", which nobody wrote and nobody can mend.
        given.notes.extend(notes if text != PROMPTS.default else [])
        distinct = {prompt: idx for idx, prompt in enumerate(dict.fromkeys(prompts.values()))}
        prompt_of_key = np.array([distinct[prompt] for prompt in prompts.values()])
        shown = prompt_of_key[prompt_of_each_frame(list(prompts), given.num_frames)]
        scales, series = guidance_of(given)
        strengths = strengths_of(given, _strengths(tuple(distinct), shown), PROMPTS.name)
        return cls(series, strengths, tuple(without_tags(prompt) for prompt in distinct), shown, scales)

    @property
    def prompts(self) -> tuple[str, ...]:
        return self.distinct

    def prompt(self, idx: int) -> str:
        return self.distinct[self.shown[idx]]

    @property
    def begins(self) -> tuple[int, ...]:
        return (0, *(np.flatnonzero(np.diff(self.shown)) + 1).tolist())

    def row(self, idx: int) -> Row:
        return {"prompt": self.prompt(idx)} | super().row(idx)

    def run(self, ctx: Context) -> Calls[Guidance]:
        prompted = yield from ask(embed(self.prompt(ctx.idx)))
        unprompted = yield from ask(embed(""))
        return Guidance((unprompted, prompted), (float(self.scales[ctx.idx]),))


def _strengths(prompts: tuple[str, ...], shown: NDArray[np.int64]) -> Strengths:
    """Of the LoRAs in the tags of prompts. shown: (N,), which of these each frame shows."""
    found: Strengths = {}
    for number, prompt in enumerate(prompts):
        add_tags(found, tags_in(prompt, PROMPTS.name), shown == number, len(shown), PROMPTS.name)
    return found
