"""A frame diffused from the picture before it: how much of that is kept decides how many steps are run."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from dreamreel.animation.canvas import check_steps
from dreamreel.animation.checks import check_sampler, clipped_keys, undrawn_frames
from dreamreel.animation.feature import Context, Row, Sampling
from dreamreel.animation.field import Field
from dreamreel.animation.given import Given
from dreamreel.animation.sample.fields import (
    ANCESTRAL_ETA,
    DDIM_ETA,
    SAMPLER,
    SAMPLER_SCHEDULE,
    SCHEDULER,
    STEPS,
    STRENGTH,
)
from dreamreel.animation.sample.names import AUTOMATIC, nearest_sampler, sampler_meant
from dreamreel.animation.spacing.fields import CADENCE, cadence
from dreamreel.diffusion.calls import Calls, Encode, ask
from dreamreel.diffusion.counts import steps_of_strength
from dreamreel.diffusion.denoiser import Guidance
from dreamreel.diffusion.sampling import SAMPLERS, SIGMAS, TIMESTEPS, Clock, Sampler, Start
from dreamreel.errors import InputError
from dreamreel.schedule.bounds import first_notes
from dreamreel.schedule.in_betweens import Floats
from dreamreel.schedule.notes import Note, quote
from dreamreel.schedule.schedules import locate_schedule, parse_texts

if TYPE_CHECKING:
    from torch import Tensor

    from dreamreel.diffusion.draws import Draws

# Which input says how much noise is fresh, by what a sampler counts its way by.
ETAS: dict[Clock, Field] = {TIMESTEPS: DDIM_ETA, SIGMAS: ANCESTRAL_ETA}


@dataclass(frozen=True, eq=False)
class StrengthSampling(Sampling):
    """Source: replicate.py, `generate`. samplers: each that runs; which: (N,), of them for each frame.

    totals: (N,), steps of a frame drawn from nothing; counts: (N,), those that are run.
    is_scheduled: whether the sampler was asked for frame by frame.
    halved: whether noise levels are rounded to half precision (NoiseSchedule.halved).
    """

    FIELDS: ClassVar[tuple[Field, ...]] = (
        *(SAMPLER, SAMPLER_SCHEDULE, SCHEDULER, STRENGTH, STEPS, DDIM_ETA, ANCESTRAL_ETA, CADENCE),
    )
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
        etas = {field.name: given.series(field.name) for field in ETAS.values() if given.is_given(field.name)}
        steps = given.series(STEPS.name, given.canvas.steps)
        totals = steps.astype(np.int64)
        is_drawn = np.arange(given.num_frames) % cadence(given) == 0
        if given.is_given(STEPS.name):
            check_steps(STEPS.name, int(totals[is_drawn].max()), given.canvas)
        strength = _strength(given)
        counts = steps_of_strength(strength, totals)
        counts[0] = samplers[which[0]].clock.all_steps(int(totals[0]))
        given.notes.extend(undrawn_frames(strength, counts, totals, is_drawn))
        for number, sampler in enumerate(samplers):
            check_sampler(sampler, totals, counts, np.flatnonzero((which == number) & is_drawn))
        given.notes.extend(_remarks(given, samplers))
        series = {STRENGTH.name: strength} | ({STEPS.name: steps} if given.is_given(STEPS.name) else {}) | etas
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

    def eta(self, idx: int) -> float | None:
        """How much of a step's noise is fresh in frame idx; None for a sampler that takes no eta."""
        sampler = self.sampler(idx)
        written = self.series.get(ETAS[sampler.clock].name)
        return sampler.eta if sampler.eta is None or written is None else float(written[idx])

    def row(self, idx: int) -> Row:
        sampler, row = self.sampler(idx), super().row(idx)
        for clock, field in ETAS.items():
            if clock is not sampler.clock or sampler.eta is None:
                row.pop(field.name.removesuffix("_schedule"), None)
        return row | ({"sampler": sampler.name, "scheduler": sampler.spacing} if self.is_scheduled else {})

    def run(self, ctx: Context, guidance: Guidance, draws: "Draws", sample: "Tensor | None") -> Calls["Tensor"]:
        schedule = replace(ctx.space.schedule, halved=True) if self.halved else ctx.space.schedule
        # Every sampler of the original draws the first, but from nothing only ddim uses it.
        latents = draws() if sample is None else (yield from ask(Encode(sample, draws())))
        sampler, steps = self.sampler(ctx.idx), (int(self.totals[ctx.idx]), int(self.counts[ctx.idx]))
        start = Start(latents, sample is None, *steps, sampler.spacing, self.eta(ctx.idx))
        return (yield from sampler.run(start, schedule, guidance, draws))


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
    spacing = given.text(SCHEDULER.name)
    if halved or text is None:
        return (SAMPLERS["klms"] if halved else _spaced(one, spacing),), np.zeros(given.num_frames, np.int64), False
    written, notes = parse_texts(text, SAMPLER_SCHEDULE.name, given.grammar)
    given.notes.extend(notes)
    distinct = {name: number for number, name in enumerate(dict.fromkeys(written))}
    found = tuple(_spaced(_sampler(name, given, text), spacing) for name in distinct)
    return found, np.array([distinct[name] for name in written], np.int64), True


def _sampler(written: str, given: Given, text: str) -> Sampler:
    """The one of that name in text, with the spacing that it says. Raises InputError for one that is not here."""
    if (meant := sampler_meant(written)) is not None:
        return _spaced(SAMPLERS[meant[0]], meant[1] or AUTOMATIC)
    keys = [span.keyframe for span in locate_schedule(text, SAMPLER_SCHEDULE.name, given.grammar)]
    column = next(key.column for key in keys if given.grammar.reading.text(key.text) == written)
    way = f"there are {', '.join(SAMPLERS)}"
    if (near := nearest_sampler(written)) is not None:
        way = f"did you mean {quote('_'.join(filter(None, near)))}?"
    message = f"{quote(written)} at column {column} is no sampler here; {way}"
    raise InputError(SAMPLER_SCHEDULE.name, message, column)


def _spaced(sampler: Sampler, spacing: str) -> Sampler:
    """The same on other noise levels, if it takes such."""
    return sampler if spacing == AUTOMATIC or not sampler.clock.is_spaced else replace(sampler, spacing=spacing)


def _remarks(given: Given, samplers: tuple[Sampler, ...]) -> Iterator[Note]:
    """A note on each input that no sampler of the film takes, and on those whose steps nobody knows beforehand."""
    names = " and ".join(dict.fromkeys(sampler.name for sampler in samplers))
    spacing = given.text(SCHEDULER.name)
    if spacing != AUTOMATIC and not any(sampler.spacing == spacing for sampler in samplers):
        yield Note(SCHEDULER.name, f"has no effect: {names} has levels of its own", ignored=True)
    for clock, field in ETAS.items():
        if given.is_given(field.name) and not any(each.clock is clock and each.eta is not None for each in samplers):
            yield Note(field.name, f"has no effect: {names} takes no such eta", ignored=True)
    for sampler in samplers:
        if sampler.is_open:
            most = int(sampler.evaluations(1))
            message = f"{sampler.name} takes as many steps as a picture needs, with {most} evaluations at most"
            yield Note(SAMPLER.name, message)
