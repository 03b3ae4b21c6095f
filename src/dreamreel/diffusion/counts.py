"""How many steps a frame takes and which timesteps those of ddim are: arithmetic only, no torch."""

import numpy as np
from numpy.typing import NDArray


def steps_of_strength(strength: NDArray[np.float64], num_steps: int | NDArray[np.int64]) -> NDArray[np.int64]:
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
