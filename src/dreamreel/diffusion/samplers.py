"""The k-diffusion samplers of 31 August 2022, and lcm, as generators: no network, no loop of their own.

Each takes latents x (1, C, h, w) float32 at noise level sigmas[0], falling sigmas in standard
deviations of the latents, `denoise(x, sigma)` that makes a call, and `draw()` that gives a standard
normal shaped like x from this prediction's own generator. Each yields one Denoise per network
evaluation, is sent the clean latents the network sees, and returns the latents at sigmas[-1].

Draws are behaviour: euler, heun and dpm2 draw and drop one normal a step, because the original does
(`eps` of an unused churn) and the next frame's noise follows it. Ancestral ones take eta, too: how much of the noise
that a step takes away comes back as fresh noise, 0 to 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from dreamreel.diffusion.calls import Calls, ask
from dreamreel.diffusion.denoiser import DenoiseFn, DrawFn
from dreamreel.diffusion.multistep import lms_coefficients
from dreamreel.diffusion.sigmas import NO_SIGNAL

if TYPE_CHECKING:
    from torch import Tensor

Sigmas = Sequence[float]
SampleFn = Callable[["Tensor", Sigmas, DenoiseFn, DrawFn], Calls["Tensor"]]

LMS_ORDER = 4


def euler(x: Tensor, sigmas: Sigmas, denoise: DenoiseFn, draw: DrawFn) -> Calls[Tensor]:
    """Karras et al. 2022 (arXiv:2206.00364), Algorithm 2 without its second-order correction."""
    for sigma, sigma_next in pairwise(sigmas):
        draw()
        d = to_d(x, sigma, (yield from ask(denoise(x, sigma))))
        x = x + d * minus(sigma_next, sigma)
    return x


def euler_ancestral(x: Tensor, sigmas: Sigmas, denoise: DenoiseFn, draw: DrawFn, eta: float = 1.0) -> Calls[Tensor]:
    """Euler to sigma_down, then fresh noise up to the next level."""
    for sigma, sigma_next in pairwise(sigmas):
        denoised = yield from ask(denoise(x, sigma))
        sigma_down, sigma_up = ancestral_step(sigma, sigma_next, eta)
        x = x + to_d(x, sigma, denoised) * minus(sigma_down, sigma)
        x = x + draw() * sigma_up
    return x


def heun(x: Tensor, sigmas: Sigmas, denoise: DenoiseFn, draw: DrawFn) -> Calls[Tensor]:
    """Karras et al. 2022, Algorithm 2 with s_churn = 0: two evaluations a step, one in the last."""
    for sigma, sigma_next in pairwise(sigmas):
        draw()
        d = to_d(x, sigma, (yield from ask(denoise(x, sigma))))
        dt = minus(sigma_next, sigma)
        if sigma_next == 0:
            x = x + d * dt
        else:
            x_2 = x + d * dt
            d_2 = _second_d(x, sigma, x_2, sigma_next, (yield from ask(denoise(x_2, sigma_next))))
            x = x + (d + d_2) / 2 * dt
    return x


def dpm2(x: Tensor, sigmas: Sigmas, denoise: DenoiseFn, draw: DrawFn) -> Calls[Tensor]:
    """DPM-Solver-2 with its midpoint on a rho = 3 schedule; two evaluations a step, the last included."""
    for sigma, sigma_next in pairwise(sigmas):
        draw()
        x = yield from _midpoint_step(x, sigma, sigma_next, denoise)
    return x


def dpm2_ancestral(x: Tensor, sigmas: Sigmas, denoise: DenoiseFn, draw: DrawFn, eta: float = 1.0) -> Calls[Tensor]:
    """dpm2 to sigma_down, then fresh noise up to the next level."""
    for sigma, sigma_next in pairwise(sigmas):
        sigma_down, sigma_up = ancestral_step(sigma, sigma_next, eta)
        x = yield from _midpoint_step(x, sigma, sigma_down, denoise)
        x = x + draw() * sigma_up
    return x


def klms(x: Tensor, sigmas: Sigmas, denoise: DenoiseFn, draw: DrawFn) -> Calls[Tensor]:  # noqa: ARG001
    """Linear multistep of order 4: a polynomial through the last derivatives, integrated. Draws nothing."""
    ds: list[Tensor] = []
    for step, (sigma, _) in enumerate(pairwise(sigmas)):
        ds = [to_d(x, sigma, (yield from ask(denoise(x, sigma)))), *ds[: LMS_ORDER - 1]]
        first, *others = lms_coefficients(sigmas, step, len(ds))
        change = first * ds[0]
        for coefficient, d in zip(others, ds[1:], strict=True):
            change = change + coefficient * d
        x = x + change
    return x


def lcm(x: Tensor, sigmas: Sigmas, denoise: DenoiseFn, draw: DrawFn) -> Calls[Tensor]:
    """Latent consistency models (Luo et al. 2023, arXiv:2310.04378): what the network sees, noised again and again."""
    for sigma, sigma_next in pairwise(sigmas):
        x = yield from ask(denoise(x, sigma))
        if sigma_next > 0:
            x = x + draw() * sigma_next
    return x


def _midpoint_step(x: Tensor, sigma: float, sigma_next: float, denoise: DenoiseFn) -> Calls[Tensor]:
    sigma_mid = midpoint(sigma, sigma_next)
    d = to_d(x, sigma, (yield from ask(denoise(x, sigma))))
    x_2 = x + d * minus(sigma_mid, sigma)
    d_2 = _second_d(x, sigma, x_2, sigma_mid, (yield from ask(denoise(x_2, sigma_mid))))
    return x + d_2 * minus(sigma_next, sigma)


def to_d(x: Tensor, sigma: float, denoised: Tensor) -> Tensor:
    """dx / dsigma of the probability flow at x."""
    return (x - denoised) / sigma


def _second_d(x: Tensor, sigma: float, x_2: Tensor, sigma_2: float, denoised: Tensor) -> Tensor:
    """dx / dsigma for the step from x, as what the network sees further on, in x_2, has it.

    From a level without signal the step is as long as that level is high, infinitely if it were exact, and a
    slope's error times its length is no picture. In 1 / sigma its length is finite: there x / sigma is what
    changes, by the clean latents alone, and x_2's are put in the place of x's.
    """
    return to_d(x_2, sigma_2, denoised) if sigma < NO_SIGNAL else to_d(x, sigma, denoised)


def minus(a: float, b: float) -> float:
    """a - b in float32."""
    return float(np.float32(a) - np.float32(b))


def midpoint(sigma: float, sigma_next: float) -> float:
    """The level halfway between two on a rho = 3 schedule (Karras et al. 2022, eq. 5).

    Roots in float64, rounded once; the rest in float32, as in the original.
    """
    root = (np.float32(sigma ** (1 / 3)) + np.float32(sigma_next ** (1 / 3))) / np.float32(2)
    return float(root * root * root)


@lru_cache(1024)  # a frame takes the levels that the one before took
def ancestral_step(sigma: float, sigma_next: float, eta: float = 1.0) -> tuple[float, float]:
    """(level to step down to, noise to add after it) so that the variance of sigma_next comes out.

    eta: how much of that noise is fresh, 0 to 1.
    """
    if eta == 0:
        return sigma_next, 0.0
    import torch

    high, low = torch.tensor(sigma), torch.tensor(sigma_next)
    sigma_up = torch.minimum(low, eta * (low**2 * (high**2 - low**2) / high**2) ** 0.5)
    sigma_down = (low**2 - sigma_up**2) ** 0.5
    return float(sigma_down), float(sigma_up)
