"""The next frames of an animation as a generator of calls: an animation is a fold over next_stretch.

Source: replicate.py, `render_animation` and `generate`. The only generator that knows the order of the slots.
"""

from functools import partial

from dreamreel.animation.feature import Context, Pictures
from dreamreel.animation.plan import AnimationPlan
from dreamreel.animation.state import Drawn, State
from dreamreel.diffusion.calls import Ahead, Calls, Decode, ToDevice, ask, counted, drawn_with
from dreamreel.diffusion.draws import Draws
from dreamreel.diffusion.space import LatentSpace
from dreamreel.imaging.blend import cut
from dreamreel.imaging.warp2d import Picture


def next_stretch(
    plan: AnimationPlan, space: LatentSpace, state: State, following_space: LatentSpace | None = None
) -> Calls[Drawn]:
    """Diffuses frame state.next_idx and gives what is finished with it. Yields calls (diffusion/calls.py).

    space: of the model that draws them. following_space: of the one that draws what comes then, if it is another.
    """
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
        ahead = yield from ask(Ahead("noise", partial(plan.noise.draw, plan, following_space or space, following)))
    loras = plan.words.loras_at(ctx.idx)
    guidance = yield from drawn_with(loras, plan.words.run(ctx))
    guidance = yield from plan.controlnets.run(ctx.idx, image, guidance)
    draws = Draws((yield from ask(ToDevice(normals))), plan.sampling.sampler(ctx.idx).name)
    latents, count = yield from counted(drawn_with(loras, plan.sampling.run(ctx, guidance, draws, noised)))
    draws.check_spent()
    drawn: Picture = yield from ask(Decode(latents, plan.unbiased, plan.spacing.keeps_fractions))
    for step in plan.after:
        drawn = yield from step.run(ctx, cut(drawn))
    made = yield from plan.spacing.emit(ctx, drawn)
    frames: Pictures = {("frame", frame.idx): frame.image for frame in made.frames}
    pictures = {**state.pictures, **frames, **made.hidden}
    needed = {name: pictures[name] for name in plan.needs(following)}
    return Drawn(made.frames, State(following, needed, ahead, state.memo), count)
