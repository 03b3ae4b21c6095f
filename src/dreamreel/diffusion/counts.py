"""How many steps, network evaluations and random draws a sampler takes: arithmetic only, no torch."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Count = TypeVar("Count", int, NDArray[np.int64])

SAMPLERS = ("klms", "dpm2", "dpm2_ancestral", "heun", "euler", "euler_ancestral", "ddim")
_TWO_EVALUATIONS = ("dpm2", "dpm2_ancestral")


def steps_of_strength(strength: NDArray[np.float64], num_steps: int) -> NDArray[np.int64]:
    """How many of num_steps are run on a frame that keeps `strength` (0 .. 1) of what it starts from.

    The product stays in float64 and is cut, as in the original: 1 - 0.9 of 50 steps is 4, not 5.
    """
    return ((1.0 - strength) * num_steps).astype(np.int64)


def ddim_timesteps(num_steps: int, num_train_steps: int = 1000) -> list[int]:
    """Rising timesteps, num_train_steps // num_steps apart, from 1.

    There are num_steps of them, or some more where num_steps does not divide num_train_steps (31 for
    30 of 1000), as in the original (ldm, `make_ddim_timesteps`).
    """
    return list(range(1, num_train_steps + 1, num_train_steps // num_steps))


def is_possible(num_steps: int, num_train_steps: int = 1000) -> bool:
    """Whether ddim has that many steps: for 3, 9, 27 and some others the original ran off its table."""
    return ddim_timesteps(num_steps, num_train_steps)[-1] < num_train_steps


def first_frame_steps(sampler: str, num_steps: int) -> int:
    """Steps of a frame drawn from nothing."""
    return len(ddim_timesteps(num_steps)) if sampler == "ddim" else num_steps


def evaluations(sampler: str, steps: Count) -> Count:
    """Network evaluations of a frame of that many steps; each is two rows, cond and uncond."""
    if sampler in _TWO_EVALUATIONS:
        return 2 * steps
    if sampler == "heun":
        return 2 * steps - (steps > 0)
    return steps


def draws_in_steps(sampler: str, steps: int) -> int:
    """Normals shaped like the latents that the steps take from the prediction's generator."""
    return 0 if sampler == "klms" else steps
