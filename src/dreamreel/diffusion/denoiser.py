"""Ties a prompt's conditions to a network's parameterisation: `x, sigma -> Denoise`.

Samplers are handed one of these functions and know nothing else of networks [k-diffusion's external.py]. What a
network was trained to predict is a property of its schedule: it decides the three factors of a call and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from dreamreel.diffusion.calls import Cond, Control, Denoise
from dreamreel.diffusion.sigmas import NoiseSchedule

if TYPE_CHECKING:
    from torch import Tensor

DenoiseFn = Callable[["Tensor", float], Denoise]
DrawFn = Callable[[], "Tensor"]
# How far, as a share, a level may be below that of a step and still be it.
ALMOST = 1e-4


@dataclass(frozen=True, eq=False)
class Span:
    """A ControlNet and the share of a frame's steps that it leads: from start on, up to end, 0 to 1."""

    control: Control
    start: float = 0.0
    end: float = 1.0

    def leads(self, step: int, num_steps: int) -> bool:
        """Whether it leads that step of so many, counted from 1, as in diffusers' pipelines."""
        return (step - 1) / num_steps >= self.start and step / num_steps <= self.end


@dataclass(frozen=True, eq=False)
class Guidance:
    """What the pictures are drawn towards, and how strongly.

    conds: usually without and with the prompt. weights: of all but the first; with two, how strongly the prompt leads.
    until, then: the last step that these lead, counted from 1, and what leads after it; None: all steps.
    spans: ControlNets that lead beside them, whatever leads by words.
    """

    conds: tuple[Cond, ...]
    weights: tuple[float, ...]
    until: int | None = None
    then: Guidance | None = None
    spans: tuple[Span, ...] = ()

    def call(self, x: Tensor, t: float, c_skip: float, c_in: float, c_out: float, is_told: bool) -> Denoise:
        """The evaluation of x that is led so. is_told: see NoiseSchedule."""
        controls = tuple(each.control for each in self.spans)
        if not is_told:
            led = self.least
            return Denoise(x, t, led.conds, led.weights, c_skip=c_skip, c_in=c_in, c_out=c_out, controls=controls)
        total = sum(self.weights)
        # Several prompts are mixed as they would be without it; what is led away from has no part.
        shares = tuple(each / total if total else 1 / len(self.weights) for each in self.weights[1:])
        return Denoise(
            x, t, self.conds[1:], shares, c_skip=c_skip, c_in=c_in, c_out=c_out, told=total, controls=controls
        )

    @cached_property
    def least(self) -> Guidance:
        """The same with as few conditions as it takes: a guidance of 1 needs no reading without the prompt.

        Equal but for last bits, since sums that cancel are left out.
        """
        led = [(cond, weight) for cond, weight in zip(self.conds[1:], self.weights, strict=True) if weight]
        if len(led) == len(self.weights) and sum(self.weights) != 1:
            return self
        if sum(weight for _, weight in led) != 1:
            led = [(self.conds[0], 0.0), *led]
        conds, weights = zip(*led, strict=True)
        return replace(self, conds=conds, weights=weights[1:])

    def at(self, level: float, levels: Sequence[float]) -> Guidance:
        """What leads at a noise level or time. levels: those at which the steps begin, falling."""
        if self.then is None and not self.spans:
            return self
        # Samplers that work levels out anew differ in last bits from those.
        step = sum(each >= level * (1 - ALMOST) for each in levels)
        led = self
        while led.then is not None and led.until is not None and step > led.until:
            led = led.then
        if levels:
            spans = tuple(each for each in self.spans if each.leads(max(step, 1), len(levels)))
        else:
            spans = self.spans
        return led if spans == led.spans else replace(led, spans=spans)


def denoised_at(schedule: NoiseSchedule, guidance: Guidance, sigmas: Sequence[float] = ()) -> DenoiseFn:
    """For k-samplers: x at noise level sigma -> a call whose answer is the clean latents it sees.

    sigmas: the levels at which the frame's steps begin, falling.

    k-diffusion's CompVisDenoiser and CompVisVDenoiser: the network is shown x / sqrt(sigma^2 + 1) at t(sigma).
    """

    def denoise(x: Tensor, sigma: float) -> Denoise:
        c_in, t = _at(schedule, sigma)
        if schedule.prediction == "epsilon":
            c_skip, c_out = 1.0, -sigma
        elif schedule.prediction == "v_prediction":
            c_skip, c_out = 1 / (sigma * sigma + 1), -sigma * c_in
        else:
            c_skip, c_out = 0.0, 1.0
        return guidance.at(sigma, sigmas).call(x, t, c_skip, c_in, c_out, schedule.is_told)

    return denoise


@lru_cache(1024)  # the levels of one frame are those of the next
def _at(schedule: NoiseSchedule, sigma: float) -> tuple[float, float]:
    """(c_in, t) of a noise level."""
    import torch

    # In torch: the last bit of NumPy's square root differs from that of its power 0.5.
    return float(1 / (torch.tensor(sigma) ** 2 + 1) ** 0.5), schedule.sigma_to_t(sigma)


def predicted_at(schedule: NoiseSchedule, guidance: Guidance, times: Sequence[float] = ()) -> DenoiseFn:
    """For ddim: x at integer time t -> a call whose answer, guided, is eps if the network predicts that.

    times: those at which the frame's steps begin, falling.

    It is the clean latents if the network predicts v or these: eps says nothing where no signal is left.
    """

    def predict(x: Tensor, t: float) -> Denoise:
        c_skip, c_out = 0.0, 1.0
        if schedule.prediction == "v_prediction":
            alpha = float(schedule.alphas_cumprod[int(t)])
            c_skip, c_out = alpha**0.5, -((1 - alpha) ** 0.5)
        return guidance.at(t, times).call(x, t, c_skip, 1.0, c_out, schedule.is_told)

    return predict
