"""Going on from pictures alone: every feature, at every frame, in company, is what it is undisturbed."""

from dataclasses import replace

import numpy as np
import pytest
from tests import tiny
from tests.every_feature import FEATURES, INPUTS

from dreamreel.animation.state import State, resume
from dreamreel.animation.stretch import next_stretch
from dreamreel.engine.backend import Backend
from dreamreel.engine.batcher import Batcher
from dreamreel.engine.drive import drive
from dreamreel.engine.network import Only
from dreamreel.rendering.additions import checkpoint_of

FRAMES = 4


def backend_of(animation):
    return Backend(Only(checkpoint_of(animation.bundle, replace(animation.setup, rows="4"))))


def fold(animation, state, answer, kept=None):
    """The images from state on; answer: runs a generator. kept: gets every picture that was needed, by name."""
    images = []
    while state.next_idx < len(animation):
        drawn = answer(next_stretch(animation.plan, animation.space, state))
        images += [frame.image for frame in drawn.frames]
        state = drawn.state
        if kept is not None:
            kept |= {**state.pictures, **{("frame", frame.idx): frame.image for frame in drawn.frames}}
    return images


def alone(animation, state=None, kept=None):
    backend = backend_of(animation)
    return fold(animation, state or State(), lambda generator: drive(generator, backend), kept)


def together(animation, states):
    """The images from each state on, by its key, drawn side by side."""
    batcher, images = Batcher(backend_of(animation)), {key: [] for key in states}
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
    kept = {}
    undisturbed = alone(animation, kept=kept)
    states = {str(idx): resume(animation.plan, idx, kept.get) for idx in range(len(animation))}
    for key, images in together(animation, states).items():
        begin = states[key].next_idx
        assert begin == animation.plan.spacing.diffused(int(key))
        assert same(images, undisturbed[begin:]), f"resumed at frame {key}"


def test_a_lost_picture_is_drawn_again_with_the_frames_after_it():
    animation = tiny.animation(steps=3, max_frames=FRAMES)
    kept = {("frame", idx): image for idx, image in enumerate(alone(animation))}
    without = {name: image for name, image in kept.items() if name != ("frame", 2)}
    assert resume(animation.plan, 3, without.get).next_idx == 2
    assert resume(animation.plan, FRAMES, kept.get).next_idx == FRAMES
    assert resume(animation.plan, 0, kept.get).next_idx == 0
    assert resume(animation.plan, 3, {}.get).next_idx == 0


CADENCES = {
    "mended": {"profile": "dreamreel", "noise_type": "gaussian"},
    "rounded and cut short": {"profile": "a1111", "color_coherence": "Match Frame 0 RGB"},
    "with colours that begin anew": {
        "profile": "a1111",
        "legacy_colormatch": True,
        "strength_schedule": "0: (0.6), 2: (0), 3: (0), 4: (0.6)",
    },
    "in fractions of levels": {"profile": "notebook"},
    "in colours that are not shown": {"profile": "notebook", "color_force_grayscale": True, "diffusion_cadence": 1},
    "between greys": {"profile": "notebook", "color_force_grayscale": True},
    "with the original's chain of noise": {"sampler": "euler_ancestral", "noise_schedule": "0: (0.1)"},
}


@pytest.mark.parametrize("raw", CADENCES.values(), ids=CADENCES)
def test_with_cadence_a_film_goes_on_from_the_last_drawing_whose_frames_are_all_there(raw):
    animation = tiny.animation(**{"steps": 3, "max_frames": 8, "diffusion_cadence": 3, "translation_x": "0: (2)"} | raw)
    kept = {}
    undisturbed = alone(animation, kept=kept)
    assert len(undisturbed) == len(animation) == (6 if animation.plan.spacing.drops_tail else 8)
    for stopped in range(len(animation) + 1):
        begins = len(animation) if stopped == len(animation) else animation.plan.spacing.diffused(stopped)
        # Whatever was drawn later, and for another film perhaps, is of no account.
        state = resume(animation.plan, stopped, lambda name, end=stopped: kept[name] if name[1] < end else None)
        assert state.next_idx == begins
        assert same(alone(animation, state), undisturbed[begins:]), f"stopped after {stopped} frames"


def test_without_what_was_not_shown_a_film_goes_on_from_an_earlier_drawing():
    animation = tiny.animation(steps=3, max_frames=12, diffusion_cadence=3, **CADENCES["in fractions of levels"])
    kept = {}
    undisturbed = alone(animation, kept=kept)
    assert resume(animation.plan, 8, kept.get).next_idx == 6
    state = resume(animation.plan, 8, {**kept, ("exact", 5): None}.get)
    assert state.next_idx == 3
    assert same(alone(animation, state), undisturbed[3:])
