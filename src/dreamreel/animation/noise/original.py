"""The original's noise: one generator, which a frame seeds only after it has taken its sample's noise."""

from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from dreamreel.animation.feature import FrameNoise, Noise
from dreamreel.animation.field import SEED_MODEL, Field, Usual, schedule
from dreamreel.animation.given import Given
from dreamreel.animation.noise.normals import mixed_start, source_of, start_number

if TYPE_CHECKING:
    from torch import Tensor

    from dreamreel.animation.plan import AnimationPlan
    from dreamreel.diffusion.noise import Source
    from dreamreel.diffusion.space import LatentSpace

# Beyond it the sample's float16 overflows.
NOISE = schedule(
    "noise_schedule",
    "0: (0.02)",
    "Noise added to each frame before it is drawn over, on a scale of -1 to 1; fixed at 0.02 in the original",
    limit=1e4,
    usual=Usual("0 is no noise, and 1 as strong as a whole picture", 0, 1),
    group="coherence",
    unit="share of the range",
    models=(SEED_MODEL,),
)


class OriginalNoise(Noise):
    """Source: replicate.py. The sample's noise of a frame continues the stream of the frame before.

    It goes on from the last number that one drew and did not use.
    """

    FIELDS: ClassVar[tuple[Field, ...]] = (NOISE,)

    @classmethod
    def plan(cls, given: Given) -> Self:
        return cls({NOISE.name: given.series(NOISE.name)})

    def draw(self, plan: "AnimationPlan", space: "LatentSpace", idx: int) -> FrameNoise:
        sample = None
        if idx > 0:
            before, _ = _drawn(plan, space, plan.spacing.diffused(idx - 1))
            normals = before.draw((1, 3, plan.canvas.height, plan.canvas.width)).numpy()
            sample = normals * np.float32(self.series[NOISE.name][idx])
        return FrameNoise(sample, _drawn(plan, space, idx)[1])


def _drawn(plan: "AnimationPlan", space: "LatentSpace", idx: int) -> tuple["Source", "Tensor"]:
    """The generator after all that frame idx draws once it has seeded it, and that: (n, C, h, w)."""
    import torch

    source, start = source_of(plan, idx), start_number(plan, idx)
    shape = space.shape(plan.canvas.width, plan.canvas.height)
    drawn = [source.draw(shape) for _ in range(plan.sampling.draws(idx))]
    drawn[start : start + 1] = [mixed_start(plan, idx, each) for each in drawn[start : start + 1]]
    return source, torch.cat([torch.empty((0, *shape[1:])), *drawn])
