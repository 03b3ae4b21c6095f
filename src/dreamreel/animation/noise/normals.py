"""The standard normals that a frame's latents take, from its seed, its subseed and the generator that was asked for."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from dreamreel.animation.plan import AnimationPlan
    from dreamreel.diffusion.noise import Source


def source_of(plan: "AnimationPlan", idx: int) -> "Source":
    """The generator of frame idx, at its beginning."""
    from dreamreel.diffusion.noise import SOURCES

    return SOURCES[plan.seeding.source](plan.seed_of(idx))


def start_number(plan: "AnimationPlan", idx: int) -> int:
    """Which of its normals frame idx starts from, in the order in which they are taken: the last before its steps."""
    return plan.sampling.sampler(idx).draws(0, from_nothing=not plan.start.goes_on(idx)) - 1


def mixed_start(plan: "AnimationPlan", idx: int, start: "Tensor") -> "Tensor":
    """start (1, C, h, w), with as much of the subseed's normals as frame idx asks for."""
    from dreamreel.diffusion.noise import SOURCES
    from dreamreel.diffusion.subseed import slerp

    if not (share := float(plan.seeding.shares[idx])):
        return start
    other = SOURCES[plan.seeding.source](int(plan.seeding.subseeds[idx])).draw(tuple(start.shape))
    return slerp(share, start[0], other[0])[None]
