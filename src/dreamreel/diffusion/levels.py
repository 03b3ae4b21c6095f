"""THE table of ways to space a frame's noise levels, by name. A new one is a row here.

Planning reads it, so that it imports no torch. Of a frame that goes on from a picture the last of these are taken.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log

import numpy as np

from dreamreel.diffusion.sigmas import NoiseSchedule

# Karras et al. 2022, eq. 5: how much closer the levels stand at the end.
RHO = 7.0
# Of how many steps the ones are that latent consistency models were trained to take.
LCM_STEPS = 50


@dataclass(frozen=True)
class Spacing:
    """A row. levels: of a model, falling, for so many steps, without the 0 that ends them. most: steps that it has."""

    levels: Callable[[NoiseSchedule, int], list[float]]
    most: int | None = None

    def sigmas(self, schedule: NoiseSchedule, num_steps: int) -> list[float]:
        """num_steps + 1 noise levels that float32 holds, falling to 0."""
        return [*(float(np.float32(level)) for level in self.levels(schedule, num_steps)), 0.0]


def _original(schedule: NoiseSchedule, num_steps: int) -> list[float]:
    return schedule.sigmas(num_steps)[:-1]


def _karras(schedule: NoiseSchedule, num_steps: int) -> list[float]:
    low, high = (float(level) ** (1 / RHO) for level in _ends(schedule))
    return [(high + share * (low - high)) ** RHO for share in _ramp(num_steps)]


def _exponential(schedule: NoiseSchedule, num_steps: int) -> list[float]:
    low, high = (log(level) for level in _ends(schedule))
    return [exp(high + share * (low - high)) for share in _ramp(num_steps)]


def _simple(schedule: NoiseSchedule, num_steps: int) -> list[float]:
    table = schedule.table
    return [float(table[-1 - int(step * len(table) / num_steps)]) for step in range(num_steps)]


def _sgm_uniform(schedule: NoiseSchedule, num_steps: int) -> list[float]:
    times = np.linspace(len(schedule.table) - 1, 0, num_steps + 1)[:-1]
    logs = np.log(schedule.table.astype(np.float64))
    return [float(level) for level in np.exp(np.interp(times, np.arange(len(logs)), logs))]


def _trailing(schedule: NoiseSchedule, num_steps: int) -> list[float]:
    count = len(schedule.table)
    times = np.round(count - np.arange(num_steps) * (count / num_steps)).astype(int) - 1
    return [float(level) for level in schedule.table[times]]


def _lcm(schedule: NoiseSchedule, num_steps: int) -> list[float]:
    count = len(schedule.table)
    trained = (np.arange(1, LCM_STEPS + 1) * (count // LCM_STEPS) - 1)[::-1]
    chosen = np.floor(np.linspace(0, LCM_STEPS, num_steps, endpoint=False)).astype(int)
    return [float(level) for level in schedule.table[trained[chosen]]]


def _ends(schedule: NoiseSchedule) -> tuple[float, float]:
    """The lowest and the highest level of the model."""
    return float(schedule.table[0]), float(schedule.table[-1])


def _ramp(num_steps: int) -> list[float]:
    """From 0 to 1."""
    return [step / max(num_steps - 1, 1) for step in range(num_steps)]


SPACINGS: dict[str, Spacing] = {
    "original": Spacing(_original),  # evenly spaced timesteps; k-diffusion of August 2022
    "karras": Spacing(_karras),  # k-diffusion, get_sigmas_karras
    "exponential": Spacing(_exponential),  # k-diffusion, get_sigmas_exponential
    "simple": Spacing(_simple),  # every so many of the model's own; ComfyUI
    "sgm_uniform": Spacing(_sgm_uniform),  # evenly spaced timesteps, without the last, 0; Stability's generative models
    "trailing": Spacing(_trailing),  # the same on whole timesteps; diffusers, timestep_spacing="trailing"
    "lcm": Spacing(_lcm, LCM_STEPS),  # of 50 trailing ones; diffusers, LCMScheduler
}
