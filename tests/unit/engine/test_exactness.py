"""Alone and in company: the promise behind `rows`, on the tiny model's real networks."""

import numpy as np
import pytest
from bench.company import draw, gpu_like
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import tiny

from dreamreel.animation.state import State
from dreamreel.animation.stretch import next_stretch
from dreamreel.engine.backend import Backend
from dreamreel.engine.checkpoint import Checkpoint, backend_of
from dreamreel.engine.drive import drive
from dreamreel.engine.network import Only

SAMPLERS = ("klms", "dpm2", "dpm2_ancestral", "heun", "euler", "euler_ancestral", "ddim")
# Largest difference of a level of 255 that another number of rows may make over three frames.
LEVELS_WITH_AUTO = 4

lives = st.lists(
    st.tuples(
        st.sampled_from(SAMPLERS), st.sampled_from([4, 5, 8]), st.integers(0, 99), st.sampled_from([1.0, 5.0, 7.5])
    ),
    min_size=2,
    max_size=4,
)


def animation(sampler, steps, seed, cfg_scale, frames=2):
    prompt = ("a red circle on a blue background", "a green square")[seed % 2]
    raw = {"animation_prompts": prompt, "max_frames": frames, "zoom": "0: (1.05)"}
    return tiny.animation(steps, seed, cfg_scale=cfg_scale, sampler=sampler, **raw)


def alone(each, backend):
    images, state = [], State()
    while state.next_idx < len(each):
        drawn = drive(next_stretch(each.plan, each.space, state), backend)
        images, state = [*images, *(frame.image for frame in drawn.frames)], drawn.state
    return images


@pytest.mark.parametrize("rows", [2, 8])
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(lives)
def test_with_a_fixed_bucket_frames_are_bit_equal_alone_and_in_company(rows, chosen):
    animations = [animation(*each) for each in chosen]
    backend = backend_of(tiny.bundle(), rows)
    for each, images in zip(animations, draw(animations, backend), strict=True):
        for ours, theirs in zip(images, alone(each, backend_of(tiny.bundle(), rows)), strict=True):
            assert np.array_equal(ours, theirs)


def test_a_round_mixes_samplers_steps_scales_and_prompts():
    animations = [
        animation(*each, frames=1) for each in (("klms", 4, 1, 7.0), ("ddim", 5, 2, 1.5), ("heun", 8, 3, 5.0))
    ]
    checkpoint, shared = Checkpoint(tiny.bundle(), 8), []
    denoise = checkpoint._denoise
    checkpoint._denoise = lambda calls: shared.append(len(calls)) or denoise(calls)
    draw(animations, Backend(Only(checkpoint)))
    assert shared[:4] == [3, 3, 3, 3]


def test_with_free_buckets_frames_stay_within_the_bound():
    animations = [animation(sampler, 6, seed, 7.0, frames=3) for seed, sampler in enumerate(SAMPLERS)]
    worst = 0
    for each, images in zip(animations, draw(animations, gpu_like(tiny.bundle(), None)), strict=True):
        for ours, theirs in zip(images, alone(each, backend_of(tiny.bundle())), strict=True):
            worst = max(worst, int(np.abs(ours.astype(int) - theirs.astype(int)).max()))
    assert worst <= LEVELS_WITH_AUTO, worst
