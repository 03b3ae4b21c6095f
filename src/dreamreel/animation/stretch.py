"""The next frames of an animation as a generator of calls: an animation is a fold over next_stretch.

Source: replicate.py, `render_animation` and `generate`. The only generator that knows the order of the slots.
"""

from functools import partial

from dreamreel.animation.feature import Context
from dreamreel.animation.plan import AnimationPlan
from dreamreel.animation.state import Drawn, State
from dreamreel.diffusion.calls import Ahead, Calls, Decode, ToDevice, ask
from dreamreel.diffusion.draws import Draws
from dreamreel.diffusion.space import LatentSpace


def next_stretch(plan: AnimationPlan, space: LatentSpace, state: State) -> Calls[Drawn]:
    """Draws the frames up to and including state.next_idx, which is diffused. Yields calls (diffusion/calls.py)."""
    ctx = Context(plan, state.next_idx, space, state.pictures, state.memo)
    image = yield from plan.start.run(ctx)
    sample = None
    if image is not None:
        for step in plan.before:
            image = yield from step.run(ctx, image)
        sample = yield from plan.scale.run(ctx, image)
    noise = state.noise or partial(plan.noise.draw, plan, space, ctx.idx)
    noised, normals = yield from plan.noise.run(ctx, sample, noise)
    ahead = None
    following = plan.spacing.following(ctx.idx)
    if following < plan.num_frames:
        ahead = yield from ask(Ahead("noise", partial(plan.noise.draw, plan, space, following)))
    guidance = yield from plan.words.run(ctx)
    draws = Draws((yield from ask(ToDevice(normals))), plan.sampling.sampler(ctx.idx).name)
    latents = yield from plan.sampling.run(ctx, guidance, draws, noised)
    draws.check_spent()
    image = yield from ask(Decode(latents, plan.unbiased))
    for step in plan.after:
        image = yield from step.run(ctx, image)
    frames = yield from plan.spacing.emit(ctx, image)
    pictures = {**state.pictures, **{("frame", frame.idx): frame.image for frame in frames}}
    needed = {name: pictures[name] for name in plan.needs(following)}
    return Drawn(frames, State(following, needed, ahead, state.memo))
