"""DPM-Solver, which chooses its levels itself, as k-diffusion 0.1.1 has it (Lu et al. 2022, arXiv:2206.00927).

Of the levels that a frame has, these take the first and the last above 0, and the number of steps. They end at that
last level, whose little noise stays, as in the original.
"""

from __future__ import annotations

from collections.abc import Generator
from math import atan, exp, expm1, log
from typing import TYPE_CHECKING, Any

import numpy as np

from dreamreel.diffusion.calls import Calls, ask
from dreamreel.diffusion.denoiser import DenoiseFn, DrawFn
from dreamreel.diffusion.samplers import Sigmas, ancestral_step

if TYPE_CHECKING:
    from torch import Tensor

# The adaptive solver tries as many steps at most, of three evaluations each; on pictures it takes 15 to 50.
MOST_TRIES = 100
_RELATIVE, _ABSOLUTE = 0.05, 0.0078
_FIRST_STEP = 0.05
_SAFETY = 0.81
# In log time; the way that is left is none.
_NEAR = 1e-5


def dpm_fast(x: Tensor, sigmas: Sigmas, denoise: DenoiseFn, draw: DrawFn, eta: float = 0.0) -> Calls[Tensor]:
    """Steps of third order and a rest of lower: one evaluation for each step that was asked for."""
    count = len(sigmas) - 1
    if count == 0:
        return x
    if count == 1:  # from a level to itself: nothing would be drawn
        draw()
        return (yield from ask(denoise(x, sigmas[0])))
    orders = fast_orders(count)
    levels = _even(sigmas[0], sigmas[-2], len(orders))
    for order, sigma, sigma_next in zip(orders, levels, levels[1:], strict=False):
        down, _ = ancestral_step(sigma, sigma_next, eta)
        down = max(down, sigmas[-2])
        eps = (x - (yield from ask(denoise(x, sigma)))) / sigma
        if order == 1:
            x = _first_order(x, eps, sigma, down)
        elif order == 2:
            x, _ = yield from _second_order(x, eps, sigma, down, denoise, 1 / 2)
        else:
            _, slope = yield from _second_order(x, eps, sigma, down, denoise, 1 / 3)
            x = yield from _third_order(x, eps, slope, sigma, down, denoise)
        x = x + draw() * max(sigma_next**2 - down**2, 0.0) ** 0.5
    return x


def fast_orders(count: int) -> list[int]:
    """The orders of dpm_fast's steps, which sum to count (1 or more) evaluations."""
    whole, rest = divmod(count, 3)
    return [3] * whole + [rest] if rest else [3] * (whole - 1) + [2, 1]


def dpm_adaptive(x: Tensor, sigmas: Sigmas, denoise: DenoiseFn, draw: DrawFn) -> Calls[Tensor]:  # noqa: ARG001
    """Steps as long as second and third order agree about them. Draws nothing: nobody knows how many they are.

    After MOST_TRIES the rest of the way is one step, so that no picture is drawn for ever.
    """
    if len(sigmas) < 2:
        return x
    end, now = -log(sigmas[-2]), -log(sigmas[0])
    length, accepted, eps = _FIRST_STEP, x, None
    if len(sigmas) == 2:
        return (yield from ask(denoise(x, sigmas[0])))
    for _ in range(MOST_TRIES):
        if now >= end - _NEAR:
            return x
        following = min(end, now + length)
        sigma, sigma_next = exp(-now), exp(-following)
        if eps is None:
            eps = (x - (yield from ask(denoise(x, sigma)))) / sigma
        low, slope = yield from _second_order(x, eps, sigma, sigma_next, denoise, 1 / 3)
        high = yield from _third_order(x, eps, slope, sigma, sigma_next, denoise)
        factor = 1 + atan((1 / (_error(low, high, accepted) + 1e-8)) ** (1 / 3) - 1)
        length *= factor
        if factor >= _SAFETY:
            accepted, x, now, eps = low, high, following, None
    sigma = exp(-now)
    eps = (x - (yield from ask(denoise(x, sigma)))) / sigma
    return _first_order(x, eps, sigma, sigmas[-2])


def _even(first: float, last: float, count: int) -> list[float]:
    """count + 1 levels, evenly spaced in log time, as torch has them in float32."""
    times = np.linspace(-log(first), -log(last), count + 1)
    return [float(each) for each in np.exp(-times)]


def _first_order(x: Tensor, eps: Tensor, sigma: float, sigma_next: float) -> Tensor:
    return x + (sigma_next - sigma) * eps


def _second_order(
    x: Tensor, eps: Tensor, sigma: float, sigma_next: float, denoise: DenoiseFn, where: float
) -> Generator[Any, Any, tuple[Tensor, Tensor]]:
    """x at sigma_next, and what eps is more at the share `where` of the way."""
    h = log(sigma / sigma_next)
    between = sigma * exp(-where * h)
    there = x - between * expm1(where * h) * eps
    slope = (there - (yield from ask(denoise(there, between)))) / between - eps
    return x - sigma_next * expm1(h) * eps - sigma_next / (2 * where) * expm1(h) * slope, slope


def _third_order(
    x: Tensor, eps: Tensor, slope: Tensor, sigma: float, sigma_next: float, denoise: DenoiseFn
) -> Calls[Tensor]:
    """x at sigma_next. slope: what eps is more at a third of the way."""
    h = log(sigma / sigma_next)
    part = 2 / 3 * h
    between = sigma * exp(-part)
    there = x - between * expm1(part) * eps - between * 2 * (expm1(part) / part - 1) * slope
    slope = (there - (yield from ask(denoise(there, between)))) / between - eps
    return x - sigma_next * expm1(h) * eps - sigma_next * 3 / 2 * (expm1(h) / h - 1) * slope


def _error(low: Tensor, high: Tensor, before: Tensor) -> float:
    """How far two orders are apart, in units of what is allowed. A number of the device's: it is waited for."""
    import torch

    allowed = torch.clamp(_RELATIVE * torch.maximum(low.abs(), before.abs()), min=_ABSOLUTE)
    return float(torch.linalg.norm((low - high) / allowed)) / low.numel() ** 0.5
