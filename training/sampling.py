"""Pictures from a bundle, many at once: for sheets and for the judge. Deforum's own loop is in dreamreel."""

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor

from dreamreel.diffusion.denoiser import Guidance, predicted_at
from dreamreel.diffusion.sigmas import NoiseSchedule, Prediction
from dreamreel.models.bundle import ModelBundle
from dreamreel.models.guidance import SCALES


@torch.inference_mode()
def sample(bundle: ModelBundle, prompts: Sequence[str], steps: int, cfg_scale: float, seed: int) -> Tensor:
    """(N, 3, H, W) in [0, 1] of the bundle's default size, by DDIM."""
    generator, parts = torch.Generator().manual_seed(seed), []
    for start in range(0, len(prompts), 16):
        part = list(prompts[start : start + 16])
        defaults = bundle.facts.defaults
        side = (defaults.height // bundle.facts.latent_factor, defaults.width // bundle.facts.latent_factor)
        x = torch.randn(len(part), bundle.facts.latent_channels, *side, generator=generator)
        cond = torch.stack([bundle.embed([""] * len(part)), bundle.embed(part)], 1).flatten(0, 1)
        latents = _ddim(bundle, x, cond, steps, cfg_scale)
        parts.append((bundle.decode(latents).clamp(-1, 1) + 1) / 2)
    return torch.cat(parts)


def _ddim(bundle: ModelBundle, x: Tensor, cond: Tensor, steps: int, cfg_scale: float) -> Tensor:
    """cond: (2n, tokens, width), each picture's rows without and with its prompt."""
    schedule = NoiseSchedule(bundle.facts.alphas_cumprod, prediction=cast("Prediction", bundle.facts.prediction))
    alphas, predict = torch.from_numpy(schedule.alphas_cumprod), predicted_at(schedule, Guidance(cond, cfg_scale))
    times = torch.linspace(len(alphas) - 1, 0, steps + 1).long()
    for t, t_next in pairwise(times):
        call = predict(x, float(t))
        scales = torch.tensor([[getattr(call, name) for name in SCALES]]).expand(len(x), -1)
        predicted = bundle.denoise(x, scales, cond)
        alpha, alpha_next = alphas[t], alphas[t_next] if t_next > 0 else torch.tensor(1.0)
        if schedule.prediction == "epsilon":
            eps, denoised = predicted, (x - (1 - alpha).sqrt() * predicted) / alpha.sqrt()
        else:
            eps, denoised = (x - alpha.sqrt() * predicted) / (1 - alpha).sqrt(), predicted
        x = alpha_next.sqrt() * denoised + (1 - alpha_next).sqrt() * eps
    return x
