"""Makes references.npz from the published packages. README.md says what it needs.

The denoiser is a toy: denoised(x, sigma) = x - sigma * eps, with y = x / sqrt(sigma^2 + 1) and
eps = (0.9 - 0.3 * sigma / (1 + sigma)) * y + 0.2 * roll(y, 1, -1) + 0.1 * word. All in float64.
"""

import importlib
import math
import sys
import types
from functools import partial
from pathlib import Path

import numpy as np
import torch
from diffusers import DDIMScheduler, EulerDiscreteScheduler, LCMScheduler, UniPCMultistepScheduler
from diffusers.schedulers import scheduling_lcm

BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
found: dict[str, object] = {}


def k_diffusion(site: str) -> types.SimpleNamespace:
    """Its modules sampling and external, without what they import and these functions do not use."""
    sys.path.insert(0, site)
    for name, member in (("scipy", "integrate"), ("torchdiffeq", "odeint"), ("torchsde", "BrownianTree")):
        sys.modules[name] = types.ModuleType(name)
        setattr(sys.modules[name], member, None)
    package = types.ModuleType("k_diffusion")
    package.__path__ = [f"{site}/k_diffusion"]
    package.utils = types.ModuleType("k_diffusion.utils")
    package.utils.append_dims = lambda x, dims: x[(..., *[None] * (dims - x.ndim))]
    sys.modules |= {"k_diffusion": package, "k_diffusion.utils": package.utils}
    sampling, external = (importlib.import_module(f"k_diffusion.{name}") for name in ("sampling", "external"))
    return types.SimpleNamespace(sampling=sampling, external=external)


generator = torch.Generator().manual_seed(19)
X, WORD = (torch.randn(1, 4, 8, 8, generator=generator) for _ in range(2))
NOISE = torch.randn(16, 1, 4, 8, 8, generator=generator)
found |= {"x": X.numpy(), "word": WORD.numpy(), "noise": NOISE.numpy()}


def eps(x: torch.Tensor, sigma: float) -> torch.Tensor:
    y = x / math.sqrt(sigma**2 + 1)
    return (0.9 - 0.3 * sigma / (1 + sigma)) * y + 0.2 * torch.roll(y, 1, -1) + 0.1 * WORD.double()


def denoised(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    return x - float(sigma.flatten()[0]) * eps(x, float(sigma.flatten()[0]))


class Brownian:
    """Increments of one motion: of a step, and before it of its first half, each divided by its own spread."""

    def __init__(self) -> None:
        self.taken, self.half = 0, None

    def next(self) -> torch.Tensor:
        self.taken += 1
        return NOISE[self.taken - 1].double()

    def __call__(self, sigma: torch.Tensor, following: torch.Tensor) -> torch.Tensor:
        sigma, following = float(sigma), float(following)
        if self.half is None:
            noise = self.next()
            self.half = following, noise
            return noise
        (middle, noise), self.half = self.half, None
        rest = self.next() * math.sqrt(middle - following)
        return (noise * math.sqrt(sigma - middle) + rest) / math.sqrt(sigma - following)


def plain() -> object:
    noise = iter(NOISE.double())
    return lambda *_: next(noise)


def from_k_diffusion(k: types.SimpleNamespace) -> None:
    table = EulerDiscreteScheduler(**BETAS)
    alphas = table.alphas_cumprod.double()
    levels = ((1 - alphas) / alphas) ** 0.5
    ends = float(levels[0]), float(levels[-1])
    discrete = k.external.DiscreteSchedule(levels, quantize=False)
    for count in (1, 2, 8, 25):
        found[f"karras_{count}"] = k.sampling.get_sigmas_karras(count, *ends).numpy()
        found[f"exponential_{count}"] = k.sampling.get_sigmas_exponential(count, *ends).numpy()
        times = torch.linspace(999, 0, count + 1, dtype=torch.float64)[:-1]
        found[f"sgm_uniform_{count}"] = discrete.t_to_sigma(times).numpy()
    for count in (2, 7, 8):
        sigmas = k.sampling.get_sigmas_karras(count, *ends).double()
        found[f"sigmas_{count}"] = sigmas.numpy()
        start = X.double() * sigmas[0]
        span = {"sigma_min": float(sigmas[-2]), "sigma_max": float(sigmas[0])}
        quiet = {"disable": True}
        found[f"dpmpp_2m {count} None"] = k.sampling.sample_dpmpp_2m(denoised, start, sigmas, **quiet)
        found[f"dpm_adaptive {count} None"] = k.sampling.sample_dpm_adaptive(denoised, start, **span, **quiet)
        for eta in (0.0, 0.4, 1.0):
            for name in ("dpmpp_2s_ancestral", "dpmpp_2m_sde", "dpmpp_sde", "euler_ancestral"):
                noise = Brownian() if name == "dpmpp_sde" else plain()
                run = getattr(k.sampling, f"sample_{name}")
                found[f"{name} {count} {eta}"] = run(denoised, start, sigmas, eta=eta, noise_sampler=noise, **quiet)
            found[f"dpm_fast {count} {eta}"] = k.sampling.sample_dpm_fast(
                denoised, start, **span, n=count, eta=eta, noise_sampler=plain(), **quiet
            )


def from_diffusers() -> None:
    for count in (1, 4, 8):
        trailing = EulerDiscreteScheduler(**BETAS, timestep_spacing="trailing")
        trailing.set_timesteps(count)
        found[f"trailing_{count}"] = trailing.sigmas.numpy()
        consistent = LCMScheduler(**BETAS, clip_sample=False)
        consistent.set_timesteps(count)
        alphas = consistent.alphas_cumprod[consistent.timesteps].double()
        sigmas = torch.cat([((1 - alphas) / alphas) ** 0.5, torch.zeros(1)])
        found[f"lcm_{count}"] = sigmas.numpy()
        draw = partial(next, iter(NOISE))
        scheduling_lcm.randn_tensor = lambda *_, draw=draw, **__: draw()
        sample = X * sigmas[0] / (1 + sigmas[0] ** 2) ** 0.5
        for time, sigma in zip(consistent.timesteps, sigmas.tolist(), strict=False):
            answer = eps(sample * math.sqrt(1 + sigma**2), sigma)
            sample = consistent.step(answer, time, sample, return_dict=False)[0]
        found[f"lcm {count} None"] = sample
    for count, karras in ((1, False), (2, True), (8, False), (8, True)):
        scheduler = UniPCMultistepScheduler(**BETAS, use_karras_sigmas=karras)
        scheduler.set_timesteps(count)
        scheduler.sigmas = scheduler.sigmas.double()
        sigmas = scheduler.sigmas.tolist()
        found[f"unipc_{count}_{karras}"] = np.array(sigmas)
        sample = X.double() * sigmas[0] / math.sqrt(1 + sigmas[0] ** 2)
        for step, time in enumerate(scheduler.timesteps):
            scheduler._step_index = step
            answer = eps(sample * math.sqrt(1 + sigmas[step] ** 2), sigmas[step])
            sample = scheduler.step(answer, time, sample, return_dict=False)[0]
        found[f"unipc {count} {karras}"] = sample
    for eta in (0.0, 0.4, 1.0):
        scheduler = DDIMScheduler(**BETAS, clip_sample=False, set_alpha_to_one=False, steps_offset=1)
        scheduler.set_timesteps(10)
        noise, sample = iter(NOISE), X
        for time in scheduler.timesteps:
            alpha = float(scheduler.alphas_cumprod[time])
            answer = eps(sample / math.sqrt(alpha), math.sqrt((1 - alpha) / alpha))
            sample = scheduler.step(answer, time, sample, eta=eta, variance_noise=next(noise), return_dict=False)[0]
        found[f"ddim 10 {eta}"] = sample


from_k_diffusion(k_diffusion(sys.argv[1]))
from_diffusers()
arrays = {name: np.asarray(value, np.float32) for name, value in found.items()}
np.savez_compressed(Path(__file__).parent / "references.npz", **arrays)
