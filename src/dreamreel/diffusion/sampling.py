"""THE table of samplers: what there is, how each runs, what it costs and draws. A new sampler is a row here.

Planning reads it, so that it imports no torch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from dreamreel.diffusion import dpm_solver, dpmpp, samplers
from dreamreel.diffusion.calls import Calls
from dreamreel.diffusion.counts import ddim_timesteps
from dreamreel.diffusion.denoiser import DrawFn, Guidance, denoised_at, predicted_at
from dreamreel.diffusion.ldm_samplers import DdimTable, ddim, stochastic_encode
from dreamreel.diffusion.levels import SPACINGS
from dreamreel.diffusion.sigmas import NoiseSchedule, last_steps
from dreamreel.diffusion.unipc import unipc

if TYPE_CHECKING:
    from torch import Tensor

Count = TypeVar("Count", int, NDArray[np.int64])


@dataclass(frozen=True, eq=False)
class Start:
    """What a frame's steps go on from.

    latents: (1, C, h, w), of the picture; where is_nothing, standard normals instead. num_steps: of a frame that is
    drawn from nothing, which decide the levels; steps: of this one, the last of those. spacing: of the levels, a key of
    SPACINGS. eta: for samplers that take it.
    """

    latents: "Tensor"
    is_nothing: bool
    num_steps: int
    steps: int
    spacing: str = "original"
    eta: float | None = None


class CountFn(Protocol):
    """How many, in so many steps: of one frame, or of each."""

    def __call__(self, steps: Count, /) -> Count:
        """Shaped like steps."""


RunFn = Callable[[Start, NoiseSchedule, Guidance, DrawFn], Calls["Tensor"]]


@dataclass(frozen=True)
class Clock:
    """What a sampler counts its way by: the noise level itself, or the timesteps of the training.

    all_steps: how many steps lead down from nothing where so many were asked for. has: whether it has so many.
    draws_from_nothing: of the two normals that a frame takes before its steps, how many one from nothing takes.
    keeps_something: whether a picture must be noised by less than all steps. is_spaced: whether SPACINGS say where the
    steps are.
    """

    all_steps: Callable[[int], int]
    has: Callable[[int], bool]
    draws_from_nothing: int
    keeps_something: bool
    is_spaced: bool


@dataclass(frozen=True)
class Sampler:
    """A row of the table.

    name: its wire name. run: gives the latents at the end. evaluations: of the network, in so many steps, at most;
    each has a row for each condition. draws_in: normals shaped like the latents that so many steps take.
    eta: how much of a step's noise is fresh where nobody says it; None for one that takes no eta.
    spacing: of its noise levels where nobody says it, a key of SPACINGS. is_open: whether it may take fewer
    evaluations.
    """

    name: str
    run: RunFn
    clock: Clock
    evaluations: CountFn
    draws_in: Callable[[int], int]
    eta: float | None = None
    spacing: str = "original"
    is_open: bool = False

    def draws(self, steps: int, from_nothing: bool) -> int:
        """All normals shaped like the latents that a frame takes, in the order: encoder, start, steps."""
        return (self.clock.draws_from_nothing if from_nothing else 2) + self.draws_in(steps)

    def refuse_steps(self, num_steps: int) -> str | None:
        """What is wrong with that number of steps from nothing, and one that works; None if it can be."""
        if self.clock.is_spaced and (most := SPACINGS[self.spacing].most) is not None and num_steps > most:
            return (
                f"{self.name} on {self.spacing} levels has {most} steps at most, got {num_steps}; use {most} or fewer"
            )
        if self.clock.has(num_steps):
            return None
        other = next(count for count in range(num_steps, 0, -1) if self.clock.has(count))
        return f"{self.name} has no {num_steps} steps: the last would be t = 1000 of 999; use {other}"


def on_sigmas(sampler: Callable[..., Calls[Any]]) -> RunFn:
    """A k-diffusion sampler as a row runs it: on falling noise levels, from x at the first of them."""

    def run(start: Start, schedule: NoiseSchedule, guidance: Guidance, draw: DrawFn) -> "Calls[Tensor]":
        sigmas = last_steps(SPACINGS[start.spacing].sigmas(schedule, start.num_steps), start.steps)
        x = draw() * sigmas[0]
        if not start.is_nothing:
            x = start.latents + x
        steps: samplers.SampleFn = sampler if start.eta is None else partial(sampler, eta=start.eta)
        return (yield from steps(x, sigmas, denoised_at(schedule, guidance, sigmas[:-1]), draw))

    return run


def on_timesteps(start: Start, schedule: NoiseSchedule, guidance: Guidance, draw: DrawFn) -> Calls["Tensor"]:
    """CompVis' DDIM, which starts from the normals themselves, or from a noised encoding."""
    table = DdimTable(schedule, start.num_steps)
    x = start.latents if start.is_nothing else stochastic_encode(start.latents, table, start.steps, draw())
    times = [float(t) for t in reversed(table.timesteps[: start.steps])]
    predict = predicted_at(schedule, guidance, times)
    return (yield from ddim(x, table, start.steps, predict, draw, start.eta or 0.0))


def _has_timesteps(num_steps: int) -> bool:
    """For 3, 9, 27 and some other numbers of steps the original ran off its table."""
    return ddim_timesteps(num_steps)[-1] < 1000


SIGMAS = Clock(
    all_steps=lambda wanted: wanted,
    has=lambda _: True,
    draws_from_nothing=2,
    keeps_something=False,
    is_spaced=True,
)
TIMESTEPS = Clock(
    all_steps=lambda wanted: len(ddim_timesteps(wanted)),
    has=_has_timesteps,
    draws_from_nothing=1,
    keeps_something=True,
    is_spaced=False,
)


def _none(_: int) -> int:
    return 0


def _one_each(steps: Count) -> Count:
    return steps


def _two_each(steps: Count) -> Count:
    return 2 * steps


def _two_but_the_last(steps: Count) -> Count:
    return 2 * steps - (steps > 0)


def _one_but_the_last(steps: int) -> int:
    return max(steps - 1, 0)


def _two_but_for_the_last(steps: int) -> int:
    return 2 * max(steps - 1, 0)


def _one_a_step(steps: int) -> int:
    return len(dpm_solver.fast_orders(steps)) if steps else 0


def _at_most(steps: Count) -> Count:
    return (steps > 0) * (3 * dpm_solver.MOST_TRIES + 1)


def _on_sigmas(
    sampler: Callable[..., Calls[Any]],
    evaluations: CountFn,
    draws_in: Callable[[int], int],
    eta: float | None = None,
    spacing: str = "original",
    is_open: bool = False,
) -> Sampler:
    """The row of a function, which has its name."""
    return Sampler(sampler.__name__, on_sigmas(sampler), SIGMAS, evaluations, draws_in, eta, spacing, is_open)


_KLMS = _on_sigmas(samplers.klms, _one_each, _none)
# By wire name, in the order of the original's enumeration. It had plms, too, and drew klms instead.
ORIGINALS: dict[str, Sampler] = {
    "klms": _KLMS,
    "dpm2": _on_sigmas(samplers.dpm2, _two_each, _one_each),
    "dpm2_ancestral": _on_sigmas(samplers.dpm2_ancestral, _two_each, _one_each, eta=1.0),
    "heun": _on_sigmas(samplers.heun, _two_but_the_last, _one_each),
    "euler": _on_sigmas(samplers.euler, _one_each, _one_each),
    "euler_ancestral": _on_sigmas(samplers.euler_ancestral, _one_each, _one_each, eta=1.0),
    "plms": _KLMS,
    "ddim": Sampler("ddim", on_timesteps, TIMESTEPS, _one_each, _one_each, eta=0.0),
}
_LATER = (
    _on_sigmas(dpmpp.dpmpp_2s_ancestral, _two_but_the_last, _one_but_the_last, eta=1.0),
    _on_sigmas(dpmpp.dpmpp_sde, _two_but_the_last, _two_but_for_the_last, eta=1.0),
    _on_sigmas(dpmpp.dpmpp_2m, _one_each, _none),
    _on_sigmas(dpmpp.dpmpp_2m_sde, _one_each, _one_but_the_last, eta=1.0),
    _on_sigmas(dpm_solver.dpm_fast, _one_each, _one_a_step, eta=0.0),
    _on_sigmas(dpm_solver.dpm_adaptive, _at_most, _none, is_open=True),
    _on_sigmas(samplers.lcm, _one_each, _one_but_the_last, spacing="lcm"),
    _on_sigmas(unipc, _one_each, _none),
)
SAMPLERS: dict[str, Sampler] = ORIGINALS | {row.name: row for row in _LATER}
