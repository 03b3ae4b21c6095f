"""DDIM as the CompVis code had it: its clock is the integer timestep, its start a noised encoding.

Source: ldm/models/diffusion/ddim.py, `make_schedule`, `stochastic_encode`, `decode`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from dreamreel.diffusion.calls import Calls, ask
from dreamreel.diffusion.counts import ddim_timesteps
from dreamreel.diffusion.denoiser import DenoiseFn, DrawFn
from dreamreel.diffusion.sigmas import Float32s, NoiseSchedule

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class DdimTable:
    """What ddim needs of a noise schedule for a number of steps; every array has one entry a timestep."""

    schedule: NoiseSchedule
    num_steps: int

    @cached_property
    def timesteps(self) -> list[int]:
        count = len(self.schedule.alphas_cumprod)
        timesteps = ddim_timesteps(self.num_steps, count)
        if not self.schedule.has_zero_snr:
            return timesteps
        # What starts from noise alone starts where there is nothing else (Lin et al. 2023, section 3.3).
        return [t + count - 1 - timesteps[-1] for t in timesteps]

    @cached_property
    def alphas(self) -> Float32s:
        return self.schedule.alphas_cumprod[self.timesteps]

    @cached_property
    def alphas_prev(self) -> Float32s:
        return self.schedule.alphas_cumprod[[0, *self.timesteps[:-1]]]


def stochastic_encode(latents: Tensor, table: DdimTable, num_steps: int, noise: Tensor) -> Tensor:
    """Clean latents (1, C, h, w) noised to the timestep from which num_steps steps lead back.

    The level is that of index num_steps, one above the one where `ddim` starts: the original's
    image-to-image script is off by one, and so are we.
    """
    alpha = table.alphas[num_steps]
    return _root(alpha) * latents + float(np.sqrt(1 - alpha)) * noise


def ddim(
    x: Tensor, table: DdimTable, num_steps: int, predict: DenoiseFn, draw: DrawFn, eta: float = 0.0
) -> Calls[Tensor]:
    """The last num_steps steps of table, from noisy x (1, C, h, w) down. Returns the latents.

    predict: denoiser.predicted_at(). One normal a step is drawn. eta: how much fresh noise each step brings, from 0 to
    1, as much as a step of the training took away.
    """
    for index in reversed(range(num_steps)):
        predicted = yield from ask(predict(x, float(table.timesteps[index])))
        alpha, alpha_prev = table.alphas[index], table.alphas_prev[index]
        if table.schedule.prediction == "epsilon":
            eps, denoised = predicted, (x - float(np.sqrt(1 - alpha)) * predicted) / _root(alpha)
        else:
            eps, denoised = (x - _root(alpha) * predicted) / float(np.sqrt(1 - alpha)), predicted
        noise, fresh = draw(), eta * float(np.sqrt((1 - alpha_prev) / (1 - alpha) * (1 - alpha / alpha_prev)))
        x = _root(alpha_prev) * denoised + _root(np.float32(1 - alpha_prev - fresh**2)) * eps
        if fresh:
            x = x + fresh * noise
    return x


@lru_cache(1024)
def _root(value: np.float32) -> float:
    """Square root as torch takes it: where the original used NumPy's, whose last bit differs, so do we."""
    import torch

    return float(torch.tensor(value).sqrt())
