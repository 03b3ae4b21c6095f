"""THE table of samplers: what there is, how each runs, what it costs and draws. A new sampler is a row here.

Planning reads it, so that it imports no torch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from dreamreel.diffusion import samplers
from dreamreel.diffusion.calls import Calls
from dreamreel.diffusion.counts import ddim_timesteps
from dreamreel.diffusion.denoiser import DrawFn, Guidance, denoised_at, predicted_at
from dreamreel.diffusion.ldm_samplers import DdimTable, ddim, stochastic_encode
from dreamreel.diffusion.sigmas import NoiseSchedule, last_steps

if TYPE_CHECKING:
    from torch import Tensor

Count = TypeVar("Count", int, NDArray[np.int64])


@dataclass(frozen=True, eq=False)
class Start:
    """What a frame's steps go on from.

    latents: (1, C, h, w), of the picture; where is_nothing, standard normals instead. num_steps: of a frame that is
    drawn from nothing, which decide the levels; steps: of this one, the last of those.
    """

    latents: "Tensor"
    is_nothing: bool
    num_steps: int
    steps: int


RunFn = Callable[[Start, NoiseSchedule, Guidance, DrawFn], Calls["Tensor"]]


@dataclass(frozen=True)
class Clock:
    """What a sampler counts its way by: the noise level itself, or the timesteps of the training.

    all_steps: how many steps lead down from nothing where so many were asked for. has: whether it has so many.
    draws_from_nothing: of the two normals that a frame takes before its steps, how many one from nothing takes.
    keeps_something: whether a picture must be noised by less than all steps.
    """

    all_steps: Callable[[int], int]
    has: Callable[[int], bool]
    draws_from_nothing: int
    keeps_something: bool


@dataclass(frozen=True)
class Sampler:
    """A row of the table.

    name: its wire name. run: gives the latents at the end. evaluations: of the network, in so many steps; each has
    two rows, with and without the prompt. draws_in: normals shaped like the latents that so many steps take.
    """

    name: str
    run: RunFn
    clock: Clock
    evaluations: Callable[[Count], Count]
    draws_in: Callable[[int], int]

    def draws(self, steps: int, from_nothing: bool) -> int:
        """All normals shaped like the latents that a frame takes, in the order: encoder, start, steps."""
        return (self.clock.draws_from_nothing if from_nothing else 2) + self.draws_in(steps)

    def refuse_steps(self, num_steps: int) -> str | None:
        """What is wrong with that number of steps from nothing, and one that works; None if it can be."""
        if self.clock.has(num_steps):
            return None
        other = next(count for count in range(num_steps, 0, -1) if self.clock.has(count))
        return f"{self.name} has no {num_steps} steps: the last would be t = 1000 of 999; use {other}"


def on_sigmas(sampler: samplers.SampleFn) -> RunFn:
    """A k-diffusion sampler as a row runs it: on falling noise levels, from x at the first of them."""

    def run(start: Start, schedule: NoiseSchedule, guidance: Guidance, draw: DrawFn) -> "Calls[Tensor]":
        sigmas = last_steps(schedule.sigmas(start.num_steps), start.steps)
        x = draw() * sigmas[0]
        if not start.is_nothing:
            x = start.latents + x
        return (yield from sampler(x, sigmas, denoised_at(schedule, guidance, sigmas[:-1]), draw))

    return run


def on_timesteps(start: Start, schedule: NoiseSchedule, guidance: Guidance, draw: DrawFn) -> "Calls[Tensor]":
    """CompVis' DDIM, which starts from the normals themselves, or from a noised encoding."""
    table = DdimTable(schedule, start.num_steps)
    x = start.latents if start.is_nothing else stochastic_encode(start.latents, table, start.steps, draw())
    times = [float(t) for t in reversed(table.timesteps[: start.steps])]
    return (yield from ddim(x, table, start.steps, predicted_at(schedule, guidance, times), draw))


def _has_timesteps(num_steps: int) -> bool:
    """For 3, 9, 27 and some other numbers of steps the original ran off its table."""
    return ddim_timesteps(num_steps)[-1] < 1000


SIGMAS = Clock(all_steps=lambda wanted: wanted, has=lambda _: True, draws_from_nothing=2, keeps_something=False)
TIMESTEPS = Clock(
    all_steps=lambda wanted: len(ddim_timesteps(wanted)),
    has=_has_timesteps,
    draws_from_nothing=1,
    keeps_something=True,
)


def _one_each(steps: Count) -> Count:
    return steps


def _two_each(steps: Count) -> Count:
    return 2 * steps


def _two_but_the_last(steps: Count) -> Count:
    return 2 * steps - (steps > 0)


def _none(_: int) -> int:
    return 0


_KLMS = Sampler("klms", on_sigmas(samplers.klms), SIGMAS, _one_each, _none)
# By wire name, in the order of the original's enumeration. It had plms, too, and drew klms instead.
SAMPLERS: dict[str, Sampler] = {
    "klms": _KLMS,
    "dpm2": Sampler("dpm2", on_sigmas(samplers.dpm2), SIGMAS, _two_each, _one_each),
    "dpm2_ancestral": Sampler("dpm2_ancestral", on_sigmas(samplers.dpm2_ancestral), SIGMAS, _two_each, _one_each),
    "heun": Sampler("heun", on_sigmas(samplers.heun), SIGMAS, _two_but_the_last, _one_each),
    "euler": Sampler("euler", on_sigmas(samplers.euler), SIGMAS, _one_each, _one_each),
    "euler_ancestral": Sampler("euler_ancestral", on_sigmas(samplers.euler_ancestral), SIGMAS, _one_each, _one_each),
    "plms": _KLMS,
    "ddim": Sampler("ddim", on_timesteps, TIMESTEPS, _one_each, _one_each),
}
