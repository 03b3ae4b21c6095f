"""Pictures from a bundle, many at once: for sheets and for the judge. Deforum's own loop is in dreamreel."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from dreamreel.models.bundle import ModelBundle


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
    alphas = torch.from_numpy(bundle.facts.alphas_cumprod)
    times = torch.linspace(len(alphas) - 1, 0, steps + 1).long()
    for t, t_next in pairwise(times):
        alpha, alpha_next = alphas[t], alphas[t_next] if t_next > 0 else torch.tensor(1.0)
        c_skip, c_out = _factors(bundle.facts.prediction, float(alpha))
        scales = torch.tensor([[c_skip, 1.0, c_out, cfg_scale, float(t)]]).expand(len(x), -1)
        denoised = bundle.denoise(x, scales, cond)
        eps = (x - alpha.sqrt() * denoised) / (1 - alpha).sqrt()
        x = alpha_next.sqrt() * denoised + (1 - alpha_next).sqrt() * eps
    return x


def _factors(prediction: str, alpha: float) -> tuple[float, float]:
    """Of x and of the network's answer: together they are the clean latents."""
    signal, noise = alpha**0.5, (1 - alpha) ** 0.5
    if prediction == "epsilon":
        return 1 / signal, -noise / signal
    return (signal, -noise) if prediction == "v_prediction" else (0.0, 1.0)
