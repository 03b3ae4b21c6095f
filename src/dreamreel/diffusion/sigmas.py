"""Noise levels: the model's table, its two clocks, and the part of a schedule that a frame uses.

Results are Python floats that hold exact float32 values, so that no sampler has to ask a device for a number.
They are the same on every machine: + - * / in float32, which IEEE 754 rounds, and roots in float64, rounded once;
torch's float32 roots and ranges have another last bit on each kind of CPU (docs/exactness.md).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dreamreel.diffusion.reference import units_from_rounded

Float32s = NDArray[np.float32]
# What a network was trained to answer: the noise, sqrt(alpha) noise - sqrt(1 - alpha) latents, or the clean latents.
Prediction = Literal["epsilon", "v_prediction", "sample"]
# By the name that models have for it.
PREDICTIONS: dict[str, Prediction] = {"epsilon": "epsilon", "v_prediction": "v_prediction", "sample": "sample"}
# The level that stands for the infinite one of a zero terminal SNR: alpha = 2**-24, as in diffusers' Euler.
NO_SIGNAL = float(np.sqrt(np.float32(2**24 - 1)))


@dataclass(frozen=True, eq=False)
class NoiseSchedule:
    """How a model was noised in training.

    alphas_cumprod: (T,) float32, the share of signal variance left after t = 0 .. T-1 steps; the last may be 0.
    halved: take the table of sigmas through float16, as `model.half()` did on Replicate's GPU (which knew no
    schedules that end in 0).
    prediction: what the network answers. is_told: whether it takes the guidance, and is never shown what it leads away
    from (LCM).
    """

    alphas_cumprod: Float32s
    halved: bool = False
    prediction: Prediction = "epsilon"
    is_told: bool = False

    @property
    def has_zero_snr(self) -> bool:
        """Whether nothing is left of the signal at the last t (Lin et al. 2023, arXiv:2305.08891)."""
        return bool(self.alphas_cumprod[-1] == 0)

    @cached_property
    def table(self) -> Float32s:
        """(T,) float32, sigma of each t, rising to at most NO_SIGNAL: the k-diffusion view of the same schedule."""
        if self.has_zero_snr:
            alphas = np.maximum(self.alphas_cumprod.astype(np.float64), 2.0**-30)  # not 0: it would be infinite
            return np.minimum(np.sqrt((1 - alphas) / alphas), NO_SIGNAL).astype(np.float32)
        if self.halved:
            halves = self.alphas_cumprod.astype(np.float16)
            return np.sqrt((1 - halves) / halves).astype(np.float32)
        alphas = self.alphas_cumprod.astype(np.float64)
        levels = np.sqrt((1 - alphas) / alphas).astype(np.float32)
        return (levels.view(np.int32) + units_from_rounded(self.alphas_cumprod)).view(np.float32)

    def sigmas(self, num_steps: int) -> list[float]:
        """num_steps + 1 noise levels, falling to 0, evenly spaced in t.

        k-diffusion of August 2022 (external.py, `DiscreteSchedule.get_sigmas`): sigma is
        interpolated linearly in t; the log-sigma form came in October.
        """
        t = _linspace_down(len(self.table) - 1, num_steps)
        low, high, weight = np.floor(t).astype(int), np.ceil(t).astype(int), t - np.floor(t)
        levels = (np.float32(1) - weight) * self.table[low] + weight * self.table[high]
        return [*levels.tolist(), 0.0]

    def sigma_to_t(self, sigma: float) -> float:
        """The fractional t of a noise level, from its two nearest neighbours in the table."""
        distances = np.abs(np.float32(sigma) - self.table)
        low, high = np.sort(np.argpartition(distances, 1)[:2])
        span = self.table[low] - self.table[high]
        weight = np.clip((self.table[low] - np.float32(sigma)) / span, np.float32(0), np.float32(1))
        return float((1 - weight) * np.float32(low) + weight * np.float32(high))


def _linspace_down(start: int, count: int) -> Float32s:
    """count values from start to 0 as torch.linspace has them in float32 with AVX2: from both ends to the middle."""
    if count == 1:
        return np.array([start], np.float32)
    step = float(np.float32(-start) / np.float32(count - 1))
    idx = np.arange(count)
    return np.where(idx < count // 2, start + step * idx, -step * (count - 1 - idx)).astype(np.float32)


def last_steps(sigmas: list[float], num_steps: int) -> list[float]:
    """The noise levels of the last num_steps steps: num_steps + 1 values, the last one 0."""
    return sigmas[len(sigmas) - num_steps - 1 :]
