import numpy as np
import pytest
import torch
from tests import tiny

from dreamreel.animation.state import State
from dreamreel.animation.stretch import next_stretch
from dreamreel.diffusion.calls import Ahead, Decode, Denoise, Embed, Encode, Host, ToDevice
from dreamreel.diffusion.sampling import SAMPLERS
from dreamreel.engine.checkpoint import backend_of
from dreamreel.engine.drive import drive


def images(animation, state=None):
    return [frame.image for frame in animation.frames(state)]


def test_a_stretch_counts_the_evaluations_that_it_took():
    animation = tiny.animation(sampler="dpm_adaptive")
    drawn = drive(next_stretch(animation.plan, animation.space, State()), backend_of(animation.bundle))
    assert animation.plan.is_open
    assert 1 < drawn.evaluations < animation.plan.evaluations[0]


def calls_of(animation, state):
    """(kinds of the calls that a frame makes, the state after it)."""
    backend, kinds, answer = backend_of(animation.bundle), [], None
    frame = next_stretch(animation.plan, animation.space, state)
    try:
        while True:
            call = frame.send(answer)
            kinds.append(call.stage if isinstance(call, Host) else type(call))
            answer = backend.answer(call)
    except StopIteration as stop:
        return kinds, stop.value.state


def test_frame_zero_is_drawn_from_nothing_and_the_next_from_it():
    animation = tiny.animation()
    kinds, state = calls_of(animation, State())
    assert kinds == ["noise", Ahead, Embed, Embed, ToDevice, *[Denoise] * 10, Decode]
    kinds, state = calls_of(animation, state)
    assert kinds == [
        "warp",
        "color",
        "contrast",
        "noise",
        Ahead,
        Embed,
        Embed,
        ToDevice,
        Encode,
        *[Denoise] * 3,
        Decode,
    ]
    assert state.next_idx == 2


def test_without_colour_coherence_nothing_is_counted_or_matched():
    animation = tiny.animation(color_coherence="None")
    _, state = calls_of(animation, State())
    kinds, state = calls_of(animation, state)
    assert "color" not in kinds
    assert list(state.pictures) == [("frame", 1)]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_going_on_from_pictures_alone_gives_the_same_frames(sampler):
    animation = tiny.animation(sampler=sampler, steps=6, max_frames=4, translation_x="0: (3)")
    undisturbed = images(animation)
    for idx in (0, 2):
        resumed = images(animation, animation.resume(idx + 1, lambda name: undisturbed[name[1]]))
        assert all(np.array_equal(a, b) for a, b in zip(resumed, undisturbed[idx + 1 :], strict=True))


@pytest.mark.parametrize("size", [(72, 64), (64, 40)])
def test_sizes_whose_latents_are_no_multiple_of_16_numbers_resume_exactly_too(size):
    animation = tiny.animation(size=size)
    undisturbed = images(animation)
    resumed = images(animation, animation.resume(2, lambda name: undisturbed[name[1]]))
    assert np.array_equal(resumed[-1], undisturbed[-1])


def test_a_seed_decides_the_frames_and_another_seed_others():
    assert np.array_equal(images(tiny.animation(seed=5))[-1], images(tiny.animation(seed=5))[-1])
    assert not np.array_equal(images(tiny.animation(seed=5))[-1], images(tiny.animation(seed=6))[-1])


def test_full_strength_keeps_the_picture():
    still = tiny.animation(
        strength_schedule="0: (1)", zoom="0: (1)", noise_schedule="0: (0)", color_coherence="None", max_frames=2
    )
    first, second = images(still)
    assert still.plan.evaluations.tolist() == [10, 0]
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] > 0.85  # one trip through the tiny VAE


def test_the_global_random_state_is_neither_used_nor_changed():
    torch.manual_seed(1)
    first = images(tiny.animation())
    torch.manual_seed(2)
    expected = torch.randn(3)
    torch.manual_seed(2)
    second = images(tiny.animation())
    assert torch.equal(torch.randn(3), expected)
    assert np.array_equal(first[-1], second[-1])


def test_unbiased_rounding_is_brighter_than_the_originals_cut():
    cut = np.mean(images(tiny.animation(max_frames=2)))
    rounded = np.mean(images(tiny.animation(max_frames=2, drift="unbiased")))
    assert rounded > cut


def test_the_source_profile_draws_other_noise_levels():
    plain, source = (
        images(tiny.animation(sampler="klms")),
        images(tiny.animation(sampler="klms", profile="replicate-source")),
    )
    assert not np.array_equal(plain[0], source[0])


def test_the_observer_hears_every_stage():
    animation, stages = tiny.animation(max_frames=2), []
    list(animation.frames(observe=lambda stage, _: stages.append(stage)))
    assert set(stages) == {"text", "denoise", "decode", "warp", "color", "noise", "contrast", "encode", "copy"}


def test_a_frame_dropped_in_the_middle_leaves_the_backend_usable():
    animation = tiny.animation(max_frames=1)
    backend = backend_of(animation.bundle)
    frame = next_stretch(animation.plan, animation.space, State())
    backend.answer(next(frame))
    frame.close()
    assert drive(next_stretch(animation.plan, animation.space, State()), backend).frames
