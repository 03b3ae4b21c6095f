"""A frame diffused from the picture before it: how much of that is kept decides how many steps are run."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from dreamreel.animation.checks import check_sampler, clipped_keys, undrawn_frames
from dreamreel.animation.feature import Context, Row, Sampling
from dreamreel.animation.field import SEED_MODEL, Field, choice, schedule
from dreamreel.animation.given import Given
from dreamreel.animation.sample.names import sampler_meant
from dreamreel.diffusion.calls import Calls, Encode, ask
from dreamreel.diffusion.counts import steps_of_strength
from dreamreel.diffusion.denoiser import Guidance
from dreamreel.diffusion.sampling import SAMPLERS, Sampler, Start
from dreamreel.errors import InputError
from dreamreel.schedule.bounds import first_notes
from dreamreel.schedule.in_betweens import Floats
from dreamreel.schedule.notes import quote
from dreamreel.schedule.schedules import parse_texts

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
SAMPLER_SCHEDULE = Field(
    "sampler_schedule",
    "string",
    None,
    'The sampler of each frame, by its name here or in the family: 0: ("Euler a"), 30: ("DDIM"); in place of sampler',
    label="Sampler by frame",
    group="sampling",
    scope="frame",
)
STEPS = Field(
    "steps_schedule",
    "schedule",
    None,
    "Sampler steps of a frame drawn from nothing, cut to a whole number; strength decides how many of them are run",
    minimum=1,
    maximum=1000,
    group="sampling",
    unit="steps",
    scope="frame",
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
    """Source: replicate.py, `generate`. samplers: each that runs; which: (N,), of them for each frame.

    totals: (N,), steps of a frame drawn from nothing; counts: (N,), those that are run.
    is_scheduled: whether the sampler was asked for frame by frame.
    halved: whether noise levels are rounded to half precision (NoiseSchedule.halved).
    """

    FIELDS: ClassVar[tuple[Field, ...]] = (SAMPLER, SAMPLER_SCHEDULE, STRENGTH, STEPS)
    samplers: tuple[Sampler, ...]
    which: NDArray[np.int64]
    totals: NDArray[np.int64]
    counts: NDArray[np.int64]
    is_scheduled: bool
    halved: bool

    @classmethod
    def plan(cls, given: Given) -> Self:
        halved = given.profile.halved
        samplers, which, is_scheduled = _samplers(given, halved)
        steps = given.series(STEPS.name, given.canvas.steps)
        totals = steps.astype(np.int64)
        strength = _strength(given)
        counts = steps_of_strength(strength, totals)
        counts[0] = samplers[which[0]].clock.all_steps(int(totals[0]))
        given.notes.extend(undrawn_frames(strength, counts, totals))
        for number, sampler in enumerate(samplers):
            check_sampler(sampler, totals, counts, np.flatnonzero(which == number))
        series = {STRENGTH.name: strength} | ({STEPS.name: steps} if given.is_given(STEPS.name) else {})
        return cls(series, samplers, which, totals, counts, is_scheduled, halved)

    def sampler(self, idx: int) -> Sampler:
        return self.samplers[self.which[idx]]

    @property
    def steps(self) -> NDArray[np.int64]:
        return self.counts

    def all_steps(self, idx: int) -> int:
        return int(self.totals[idx])

    @property
    def evaluations(self) -> NDArray[np.int64]:
        found = np.empty_like(self.counts)
        for number, sampler in enumerate(self.samplers):
            mine = self.which == number
            found[mine] = sampler.evaluations(self.counts[mine])
        return found

    def row(self, idx: int) -> Row:
        return super().row(idx) | ({"sampler": self.sampler(idx).name} if self.is_scheduled else {})

    def run(self, ctx: Context, guidance: Guidance, draws: "Draws", sample: "Tensor | None") -> Calls["Tensor"]:
        schedule = replace(ctx.space.schedule, halved=True) if self.halved else ctx.space.schedule
        # Every sampler of the original draws the first, but from nothing only ddim uses it.
        latents = draws() if sample is None else (yield from ask(Encode(sample, draws())))
        start = Start(latents, sample is None, int(self.totals[ctx.idx]), int(self.counts[ctx.idx]))
        return (yield from self.sampler(ctx.idx).run(start, schedule, guidance, draws))


def _strength(given: Given) -> Floats:
    """(N,), how much each frame keeps; the first, which has nothing to keep, 0."""
    written = given.series(STRENGTH.name)
    clipped = clipped_keys(STRENGTH, given.text(STRENGTH.name), written, given.grammar)
    given.notes.extend(first_notes(clipped, STRENGTH.name))
    strength = np.clip(written, 0, 1)
    strength[0] = 0.0
    return strength


def _samplers(given: Given, halved: bool) -> tuple[tuple[Sampler, ...], NDArray[np.int64], bool]:
    """Each sampler that runs, which of them each frame has, and whether a schedule says so."""
    one, text = given.choice(SAMPLER.name, SAMPLERS), given.optional_text(SAMPLER_SCHEDULE.name)
    if halved or text is None:
        return (SAMPLERS["klms"] if halved else one,), np.zeros(given.num_frames, np.int64), False
    written, notes = parse_texts(text, SAMPLER_SCHEDULE.name, given.grammar)
    given.notes.extend(notes)
    distinct = {name: number for number, name in enumerate(dict.fromkeys(written))}
    return tuple(map(_sampler, distinct)), np.array([distinct[name] for name in written], np.int64), True


def _sampler(written: str) -> Sampler:
    """Raises InputError for one that is not here."""
    if (meant := sampler_meant(written)) is None:
        message = f"{quote(written)} is no sampler here; there are {', '.join(SAMPLERS)}"
        raise InputError(SAMPLER_SCHEDULE.name, message)
    return SAMPLERS[meant]
