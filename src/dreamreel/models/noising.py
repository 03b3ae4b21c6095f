"""The noise levels that a model was trained on, from its scheduler's configuration."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray


def alphas_cumprod(config: dict[str, Any]) -> NDArray[np.float32]:
    """(T,) float32 from a scheduler's configuration, computed in float64 as the original did.

    ldm/modules/diffusionmodules/util.py, `make_beta_schedule`: "linear" there is scaled_linear here. With
    `rescale_betas_zero_snr` the last is 0 (Lin et al. 2023, arXiv:2305.08891, algorithm 1).
    """
    if config.get("trained_betas") is not None:
        betas = np.asarray(config["trained_betas"], np.float64)
    else:
        first, last = config["beta_start"] ** 0.5, config["beta_end"] ** 0.5
        betas = (torch.linspace(first, last, config["num_train_timesteps"], dtype=torch.float64) ** 2).numpy()
    alphas = np.cumprod(1.0 - betas)
    if config.get("rescale_betas_zero_snr"):
        roots = np.sqrt(alphas)
        alphas = ((roots - roots[-1]) * (roots[0] / (roots[0] - roots[-1]))) ** 2
    return alphas.astype(np.float32)
