"""A frame diffused from the picture before it: how much of that is kept decides how many steps are run."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from dreamreel.animation.checks import check_sampler, clipped_keys, undrawn_frames
from dreamreel.animation.core import PROFILE
from dreamreel.animation.feature import Context, Sampling
from dreamreel.animation.field import SEED_MODEL, Field, choice, schedule
from dreamreel.animation.given import Given
from dreamreel.diffusion.calls import Calls, Encode, ask
from dreamreel.diffusion.counts import steps_of_strength
from dreamreel.diffusion.denoiser import Guidance
from dreamreel.diffusion.sampling import SAMPLERS, Sampler, Start
from dreamreel.schedule.bounds import first_notes

if TYPE_CHECKING:
    from torch import Tensor

    from dreamreel.diffusion.draws import Draws

SAMPLER = choice(
    "sampler",
    "plms",
    "How each frame is drawn from its noise",
    tuple(SAMPLERS),
    group="sampling",
    models=(SEED_MODEL,),
)
STRENGTH = schedule(
    "strength_schedule",
    "0: (0.65)",
    "How much of the previous frame is kept, 0 to 1; the original's value is fixed at 0.65",
    group="sampling",
    unit="share",
    models=(SEED_MODEL,),
)


@dataclass(frozen=True, eq=False)
class StrengthSampling(Sampling):
    """Source: replicate.py, `generate`. num_steps: of a frame drawn from nothing; counts: (N,), of each frame.

    halved: whether noise levels are rounded to half precision (NoiseSchedule.halved).
    """

    FIELDS: ClassVar[tuple[Field, ...]] = (SAMPLER, STRENGTH, PROFILE)
    runs: Sampler
    num_steps: int
    counts: NDArray[np.int64]
    halved: bool

    @classmethod
    def plan(cls, given: Given) -> Self:
        halved, num_steps = given.text(PROFILE.name) == "replicate-source", given.canvas.steps
        sampler = SAMPLERS["klms"] if halved else given.choice(SAMPLER.name, SAMPLERS)
        written = given.series(STRENGTH.name)
        clipped = clipped_keys(STRENGTH, given.text(STRENGTH.name), written, given.grammar)
        given.notes.extend(first_notes(clipped, STRENGTH.name))
        strength = np.clip(written, 0, 1)
        strength[0] = 0.0  # there is nothing to keep
        counts = steps_of_strength(strength, num_steps)
        counts[0] = sampler.clock.all_steps(num_steps)
        given.notes.extend(undrawn_frames(strength, counts, num_steps))
        check_sampler(sampler, num_steps, counts)
        return cls({STRENGTH.name: strength}, sampler, num_steps, counts, halved)

    @property
    def sampler(self) -> Sampler:
        return self.runs

    @property
    def steps(self) -> NDArray[np.int64]:
        return self.counts

    def run(self, ctx: Context, guidance: Guidance, draws: "Draws", sample: "Tensor | None") -> Calls["Tensor"]:
        schedule = replace(ctx.space.schedule, halved=True) if self.halved else ctx.space.schedule
        # Every sampler of the original draws the first, but from nothing only ddim uses it.
        latents = draws() if sample is None else (yield from ask(Encode(sample, draws())))
        start = Start(latents, sample is None, self.num_steps, int(self.counts[ctx.idx]))
        return (yield from self.runs.run(start, schedule, guidance, draws))
