"""Going on from pictures alone: every feature, at every frame, in company, is what it is undisturbed."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pytest
from tests import tiny
from tests.every_feature import FEATURES, INPUTS

from dreamreel.animation.feature import Finished, Spacing
from dreamreel.animation.start.previous import PreviousFrame
from dreamreel.animation.state import State, resume
from dreamreel.animation.stretch import next_stretch
from dreamreel.diffusion.calls import Host, ask
from dreamreel.engine.batcher import Batcher
from dreamreel.engine.checkpoint import backend_of
from dreamreel.engine.drive import drive

FRAMES = 4


def fold(animation, state, answer):
    """The images from state on; answer: runs a generator."""
    images = []
    while state.next_idx < len(animation):
        drawn = answer(next_stretch(animation.plan, animation.space, state))
        images += [frame.image for frame in drawn.frames]
        state = drawn.state
    return images


def alone(animation, state=None):
    backend = backend_of(animation.bundle, 4)
    return fold(animation, state or State(), lambda generator: drive(generator, backend))


def together(animation, states):
    """The images from each state on, by its key, drawn side by side."""
    batcher, images = Batcher(backend_of(animation.bundle, 4)), {key: [] for key in states}
    for key, state in states.items():
        batcher.add(key, next_stretch(animation.plan, animation.space, state))
    while len(batcher):
        for outcome in batcher.step():
            assert outcome.error is None
            images[outcome.key] += [frame.image for frame in outcome.result.frames]
            if outcome.result.state.next_idx < len(animation):
                batcher.add(outcome.key, next_stretch(animation.plan, animation.space, outcome.result.state))
    return images


def same(images, others):
    return len(images) == len(others) and all(map(np.array_equal, images, others))


@pytest.mark.parametrize("feature", FEATURES)
def test_resumed_at_every_frame_in_company_a_feature_draws_what_it_draws_undisturbed(feature):
    animation = tiny.animation(steps=3, max_frames=FRAMES, **INPUTS[feature])
    assert any(type(planned) is feature for planned in animation.plan.features)
    undisturbed = alone(animation)
    states = {str(idx): resume(animation.plan, idx, lambda name: undisturbed[name[1]]) for idx in range(FRAMES)}
    for key, images in together(animation, states).items():
        assert same(images, undisturbed[int(key) :]), f"resumed at frame {key}"


def test_a_lost_picture_is_drawn_again_with_the_frames_after_it():
    animation = tiny.animation(steps=3, max_frames=FRAMES)
    kept = {("frame", idx): image for idx, image in enumerate(alone(animation))}
    without = {name: image for name, image in kept.items() if name != ("frame", 2)}
    assert resume(animation.plan, 3, without.get).next_idx == 2
    assert resume(animation.plan, FRAMES, kept.get).next_idx == FRAMES
    assert resume(animation.plan, 0, kept.get).next_idx == 0
    assert resume(animation.plan, 3, {}.get).next_idx == 0


@dataclass(frozen=True, eq=False)
class Tweens(Spacing):
    """Every third frame is diffused; the two before it are blends of it and the last one. Three files at a time."""

    series: object
    last: int

    def following(self, idx):
        return idx + 1 if idx == self.last else min(idx + 3, self.last)

    def needs(self, idx):
        before = 0 if idx <= 3 else 3 * ((idx - 1) // 3)
        return frozenset({("frame", before)}) if idx else frozenset()

    def emit(self, ctx, image):
        if ctx.idx == 0:
            return (Finished(0, image),)
        ((_, before),) = self.needs(ctx.idx)
        frames = []
        for idx in range(before + 1, ctx.idx):
            share = (idx - before) / (ctx.idx - before)
            blend = partial(mixed, ctx.pictures["frame", before], image, share)
            frames.append(Finished(idx, (yield from ask(Host("blend", blend)))))
        return (*frames, Finished(ctx.idx, image))


def mixed(one, other, share):
    return (one * (1 - share) + other * share).astype(np.uint8)


class FromKey(PreviousFrame):
    """Goes on from the last diffused frame."""

    def needs(self, idx):
        return Tweens({}, 0).needs(idx)

    def run(self, ctx):
        yield from ()
        return next((ctx.pictures[name] for name in self.needs(ctx.idx)), None)


def test_stretches_of_several_frames_go_on_from_their_pictures_too_wherever_they_were_stopped():
    animation = tiny.animation(steps=3, max_frames=9, color_coherence="None")
    plan = replace(animation.plan, spacing=Tweens({}, 8), start=FromKey({}))
    animation = replace(animation, plan=plan)
    animation.bundle = tiny.bundle()
    undisturbed = alone(animation)
    assert len(undisturbed) == 9
    for stopped, begins in {1: 1, 2: 1, 3: 1, 4: 4, 6: 4, 7: 7, 8: 7, 9: 9}.items():
        state = resume(plan, stopped, lambda name: undisturbed[name[1]])
        images = alone(animation, state)
        assert same(images, undisturbed[begins:]), f"stopped after {stopped} frames"
