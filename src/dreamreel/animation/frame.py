"""One frame of the animation as a generator of calls: an animation is a fold over next_frame.

Source: replicate.py, `render_animation` and `generate`. The order of the random draws is the
original's (noise.py).
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import cast

import torch
from torch import Tensor

from dreamreel.animation.noise import FrameNoise, draw_noise
from dreamreel.animation.plan import AnimationPlan, FramePlan
from dreamreel.animation.state import AnimationState
from dreamreel.diffusion.calls import Ahead, Calls, Decode, Embed, Encode, Host, ToDevice, ask
from dreamreel.diffusion.denoiser import Guidance
from dreamreel.diffusion.draws import Draws
from dreamreel.diffusion.sampling import Start
from dreamreel.diffusion.space import LatentSpace
from dreamreel.imaging.color import ColorMatch, Counts, Space, count_levels, match_colors
from dreamreel.imaging.convert import to_sample
from dreamreel.imaging.warp2d import Border, Image, warp


def next_frame(plan: AnimationPlan, space: LatentSpace, state: AnimationState) -> Calls[AnimationState]:
    """Draws frame state.frame_idx. Yields calls (diffusion/calls.py); returns the state after it.

    The returned state's image is the finished frame. Nothing is kept between frames but the state.
    """
    row, image, reference = plan.frame(state.frame_idx), state.image, state.reference
    if image is not None:
        image, reference = yield from _move(plan, row, image, reference)
    noise = state.noise or partial(draw_noise, plan, space, row.idx)
    sample, draws = yield from ask(Host("noise", partial(_noised, image, row, noise)))
    ahead = None
    if row.idx + 1 < plan.num_frames:
        ahead = yield from ask(Ahead("noise", partial(draw_noise, plan, space, row.idx + 1)))
    prompted = yield from ask(Embed(row.prompt))
    unprompted = yield from ask(Embed(""))
    guidance = Guidance(torch.cat([unprompted, prompted]), plan.canvas.cfg_scale)
    taken = Draws((yield from ask(ToDevice(draws))), plan.sampler.name)
    latents = yield from _sample(plan, row, _space(plan, space), guidance, taken, sample)
    taken.check_spent()
    image = yield from ask(Decode(latents, unbiased=plan.input.drift == "unbiased"))
    return AnimationState(row.idx + 1, image, reference, ahead)


def state_after(plan: AnimationPlan, idx: int, image: Image, first_image: Image) -> AnimationState:
    """The state that drawing frame idx left, from pictures alone: image is frame idx, first_image frame 0.

    Noise follows from the plan, and the colour reference is frame 1's move of frame 0, so finished frames stored
    losslessly are all that resuming needs.
    """
    match = color_match(plan)
    reference = None
    if idx >= 1 and match is not None:
        reference = count_levels(_warp(plan, plan.frame(1), first_image), match.space)
    return AnimationState(idx + 1, image, reference)


def color_match(plan: AnimationPlan) -> ColorMatch | None:
    """How the plan keeps its colours; None for color_coherence `None`."""
    spaces: dict[str, Space] = {
        "Match Frame 0 RGB": "RGB",
        "Match Frame 0 HSV": "HSV",
        "Match Frame 0 LAB": "LAB",
    }
    space = spaces.get(plan.input.color_coherence)
    if space is None:
        return None
    return ColorMatch(space, plan.input.drift == "unbiased", plan.input.hue == "circular")


def _move(
    plan: AnimationPlan, row: FramePlan, image: Image, reference: Counts | None
) -> Calls[tuple[Image, Counts | None]]:
    """The camera's move, then colour matching; the first moved frame becomes the reference unmatched."""
    image = yield from ask(Host("warp", partial(_warp, plan, row, image)))
    match = color_match(plan)
    if match is None:
        return image, None
    if reference is None:
        return image, (yield from ask(Host("color", partial(count_levels, image, match.space))))
    return (yield from ask(Host("color", partial(match_colors, image, reference, match)))), reference


def _warp(plan: AnimationPlan, row: FramePlan, image: Image) -> Image:
    return warp(image, plan.matrix(row.idx), cast(Border, plan.input.border))


def _noised(image: Image | None, row: FramePlan, noise: Callable[[], FrameNoise]) -> tuple[Tensor | None, Tensor]:
    """The picture as a sample with its noise, (1, 3, H, W) float32, and the normals of the latents."""
    drawn = noise()
    if image is None or drawn.sample is None:
        return None, drawn.latents
    return torch.from_numpy(to_sample(image, row.contrast) + drawn.sample), drawn.latents


def _space(plan: AnimationPlan, space: LatentSpace) -> LatentSpace:
    if plan.input.profile == "replicate-source":
        return replace(space, schedule=replace(space.schedule, halved=True))
    return space


def _sample(
    plan: AnimationPlan, row: FramePlan, space: LatentSpace, guidance: Guidance, draw: Draws, sample: Tensor | None
) -> Calls[Tensor]:
    """Latents of the frame: from nothing if sample is None, else from the noised sample. draw: FrameNoise.latents."""
    if sample is None:
        start = draw()  # every sampler of the original draws it; only ddim uses it
    else:
        start = yield from ask(Encode(sample, draw()))
    job = Start(start, sample is None, plan.canvas.steps, row.steps)
    return (yield from plan.sampler.run(job, space.schedule, guidance, draw))
