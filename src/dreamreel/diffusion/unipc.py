"""UniPC of order 2 on falling noise levels (Zhao et al. 2023, arXiv:2302.04867).

Source: diffusers' UniPCMultistepScheduler with its defaults (bh2, of the clean latents). Divided by the signal's share
its samples are the latents at a noise level that samplers here go by.
"""

from __future__ import annotations

from math import expm1, log
from typing import TYPE_CHECKING

from dreamreel.diffusion.calls import Calls, ask
from dreamreel.diffusion.denoiser import DenoiseFn, DrawFn
from dreamreel.diffusion.samplers import Sigmas

if TYPE_CHECKING:
    from torch import Tensor


def unipc(x: Tensor, sigmas: Sigmas, denoise: DenoiseFn, draw: DrawFn) -> Calls[Tensor]:  # noqa: ARG001
    """Each step is predicted, and corrected by what the network sees at its end. Draws nothing."""
    seen: list[Tensor] = []  # the clean latents at each level so far
    before = x
    for step in range(len(sigmas) - 1):
        denoised = yield from ask(denoise(x, sigmas[step]))
        if step:
            x = _corrected(before, denoised, seen, sigmas, step)
        seen, before = [*seen[-1:], denoised], x
        if sigmas[step + 1] == 0:
            return denoised
        h = log(sigmas[step] / sigmas[step + 1])
        x = _moved(x, denoised, h)
        if step and step + 2 < len(sigmas):
            share = -log(sigmas[step - 1] / sigmas[step]) / h
            x = x - expm1(-h) * 0.5 * (seen[0] - denoised) / share
    return x


def _corrected(before: Tensor, denoised: Tensor, seen: list[Tensor], sigmas: Sigmas, step: int) -> Tensor:
    """The latents at sigmas[step] from those at the level before, and denoised, which the network sees there.

    seen: what it saw at the one or two levels before, the newest last.
    """
    h = log(sigmas[step - 1] / sigmas[step])
    change = denoised - seen[-1]
    if len(seen) == 1:
        return _moved(before, seen[-1], h) - expm1(-h) * 0.5 * change
    share = -log(sigmas[step - 2] / sigmas[step - 1]) / h
    phi = expm1(-h) / -h - 1
    first, second = phi / expm1(-h), 2 * (phi / -h - 0.5) / expm1(-h)
    weight = (first - second) / (1 - share)
    bend = weight * (seen[0] - seen[-1]) / share + (first - weight) * change
    return _moved(before, seen[-1], h) - expm1(-h) * bend


def _moved(x: Tensor, denoised: Tensor, h: float) -> Tensor:
    """x a step h of log time later, if the clean latents stay what they are."""
    return (1 + expm1(-h)) * x - expm1(-h) * denoised
