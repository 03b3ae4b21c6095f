"""DPM-Solver++ on falling noise levels, as k-diffusion 0.1.1 has it (Lu et al. 2022, arXiv:2211.01095).

In log time, -log(sigma), the exact solution between two levels needs the clean latents alone. These are samplers as in
samplers.py: same arguments, same calls. eta: how much of the noise that a step takes away comes back as fresh noise,
0 to 1.
"""

from __future__ import annotations

from itertools import pairwise
from math import exp, expm1, log, sqrt
from typing import TYPE_CHECKING

from dreamreel.diffusion.calls import Calls, ask
from dreamreel.diffusion.denoiser import DenoiseFn, DrawFn
from dreamreel.diffusion.samplers import Sigmas, ancestral_step

if TYPE_CHECKING:
    from torch import Tensor


def dpmpp_2s_ancestral(x: Tensor, sigmas: Sigmas, denoise: DenoiseFn, draw: DrawFn, eta: float = 1.0) -> Calls[Tensor]:
    """Second order in single steps to sigma_down, then fresh noise up to the next level."""
    for sigma, sigma_next in pairwise(sigmas):
        denoised = yield from ask(denoise(x, sigma))
        sigma_down, sigma_up = ancestral_step(sigma, sigma_next, eta)
        if sigma_down == 0:
            x = denoised
        else:
            middle = sqrt(sigma * sigma_down)
            x_2 = _towards(x, denoised, sigma, middle)
            x = _towards(x, (yield from ask(denoise(x_2, middle))), sigma, sigma_down)
        if sigma_next > 0:
            x = x + draw() * sigma_up
    return x


def dpmpp_sde(x: Tensor, sigmas: Sigmas, denoise: DenoiseFn, draw: DrawFn, eta: float = 1.0) -> Calls[Tensor]:
    """The same as a stochastic equation: noise at the middle of each step, too.

    Both of a step are increments of one Brownian motion over sigma: that of the step is made of its two halves'.
    """
    for sigma, sigma_next in pairwise(sigmas):
        denoised = yield from ask(denoise(x, sigma))
        if sigma_next == 0:
            return denoised
        middle = sqrt(sigma * sigma_next)
        first, second = draw(), draw()
        down, up = ancestral_step(sigma, middle, eta)
        x_2 = _towards(x, denoised, sigma, down) + first * up
        denoised_2 = yield from ask(denoise(x_2, middle))
        down, up = ancestral_step(sigma, sigma_next, eta)
        both = first * sqrt((sigma - middle) / (sigma - sigma_next))
        both = both + second * sqrt((middle - sigma_next) / (sigma - sigma_next))
        x = _towards(x, denoised_2, sigma, down) + both * up
    return x


def dpmpp_2m(x: Tensor, sigmas: Sigmas, denoise: DenoiseFn, draw: DrawFn) -> Calls[Tensor]:  # noqa: ARG001
    """Second order in two steps: the clean latents go on as they went from the last level. Draws nothing."""
    last: tuple[Tensor, float] | None = None
    for sigma, sigma_next in pairwise(sigmas):
        denoised = yield from ask(denoise(x, sigma))
        if sigma_next == 0:
            return denoised
        h = log(sigma / sigma_next)
        ahead = denoised
        if last is not None:
            half = h / (2 * last[1])
            ahead = (1 + half) * denoised - half * last[0]
        x, last = _towards(x, ahead, sigma, sigma_next), (denoised, h)
    return x


def dpmpp_2m_sde(x: Tensor, sigmas: Sigmas, denoise: DenoiseFn, draw: DrawFn, eta: float = 1.0) -> Calls[Tensor]:
    """dpmpp_2m as a stochastic equation, its second order by the midpoint."""
    last: tuple[Tensor, float] | None = None
    for sigma, sigma_next in pairwise(sigmas):
        denoised = yield from ask(denoise(x, sigma))
        if sigma_next == 0:
            return denoised
        h = log(sigma / sigma_next)
        share = -expm1(-h - eta * h)
        x = sigma_next / sigma * exp(-eta * h) * x + share * denoised
        if last is not None:
            x = x + 0.5 * share * h / last[1] * (denoised - last[0])
        x = x + draw() * (sigma_next * sqrt(-expm1(-2 * eta * h)))
        last = denoised, h
    return x


def _towards(x: Tensor, denoised: Tensor, sigma: float, sigma_next: float) -> Tensor:
    """x at sigma_next, if the clean latents stay what they are."""
    share = sigma_next / sigma
    return share * x + (1 - share) * denoised
