"""All random numbers of a frame: a function of the plan alone, so they can be drawn before it is their turn."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dreamreel.animation.plan import AnimationPlan
from dreamreel.diffusion.noise import NoiseSource
from dreamreel.diffusion.space import LatentSpace


@dataclass(frozen=True, eq=False)
class FrameNoise:
    """sample: (1, 3, H, W) float32, what is added to the moved picture; None for frame 0.

    latents: (n, C, h, w) standard normals, those that the encoder, the start and each step take, in this order.
    """

    sample: NDArray[np.float32] | None
    latents: Tensor


def draw_noise(plan: AnimationPlan, space: LatentSpace, idx: int) -> FrameNoise:
    """The noise of frame idx.

    Source: replicate.py. There is one generator, which a frame seeds only after it has taken its sample's noise:
    that continues the stream of the frame before, to the last number that one drew and did not use.
    """
    sample = None
    if idx > 0:
        before, _ = _drawn(plan, space, idx - 1)
        normals = before.draw((1, 3, plan.canvas.height, plan.canvas.width)).numpy()
        sample = normals * np.float32(plan.frame(idx).noise)
    return FrameNoise(sample, _drawn(plan, space, idx)[1])


def _drawn(plan: AnimationPlan, space: LatentSpace, idx: int) -> tuple[NoiseSource, Tensor]:
    """The generator after all that frame idx draws once it has seeded it, and that: (n, C, h, w)."""
    row = plan.frame(idx)
    source = NoiseSource(row.seed)
    count = plan.sampler.draws(row.steps, from_nothing=idx == 0)
    shape = space.shape(plan.canvas.width, plan.canvas.height)
    return source, torch.cat([source.draw(shape) for _ in range(count)])
