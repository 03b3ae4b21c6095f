import numpy as np
import pytest
import torch
from tests import tiny

from dreamreel.diffusion.noise import SOURCES
from dreamreel.diffusion.sampling import SAMPLERS
from dreamreel.diffusion.subseed import slerp

LATENTS, SAMPLE = (1, 4, 8, 8), (1, 3, 64, 64)
BOUND = {"rtol": 0, "atol": 2e-6}  # PyTorch's own last bits are the CPU's (tests/unit/diffusion/test_normals.py)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_noise_is_what_one_generator_gives_that_each_frame_seeds_after_its_samples_noise(sampler):
    animation = tiny.animation(sampler=sampler, max_frames=4, seed=5)
    for idx in range(4):
        plan = animation.plan
        noise = plan.noise.draw(plan, animation.space, idx)
        if idx > 0:
            # Goes on where the frame before left the generator.
            assert np.allclose(noise.sample, (torch.randn(SAMPLE) * plan.row(idx)["noise"]).numpy(), **BOUND)
        torch.manual_seed(plan.seed_of(idx))
        starts = 1 if sampler == "ddim" and idx == 0 else 2
        taken = [
            torch.randn(LATENTS) for _ in range(starts + SAMPLERS[sampler].draws_in(int(plan.sampling.steps[idx])))
        ]
        assert np.allclose(noise.latents.numpy(), torch.cat(taken).numpy(), **BOUND)


def test_frame_zero_has_no_sample():
    animation = tiny.animation()
    assert animation.plan.noise.draw(animation.plan, animation.space, 0).sample is None


def normals_of(idx, **raw):
    animation = tiny.animation(max_frames=3, seed=5, **raw)
    return animation.plan.noise.draw(animation.plan, animation.space, idx).latents


@pytest.mark.parametrize("sampler", ["euler_ancestral", "ddim", "dpmpp_2m"])
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("idx", [0, 1])
def test_a_frame_of_the_family_starts_from_the_first_numbers_of_its_seed(sampler, source, idx):
    found = normals_of(idx, sampler=sampler, noise_source=source, noise_type="uniform")
    assert torch.equal(found[0 if sampler == "ddim" and idx == 0 else 1], SOURCES[source](5 + idx).draw(LATENTS)[0])


@pytest.mark.parametrize("noise_type", ["gaussian", "uniform"])
def test_a_subseed_is_mixed_into_what_a_frame_starts_from_and_into_nothing_else(noise_type):
    raw = {"sampler": "euler_ancestral", "noise_type": noise_type}
    alone = normals_of(1, **raw)
    mixed = normals_of(1, subseed_schedule="0: (77), 1: (78.9)", subseed_strength_schedule="0: (0), 1: (0.3)", **raw)
    assert torch.equal(mixed[1], slerp(0.3, alone[1], SOURCES["cpu"](78).draw(LATENTS)[0]))
    assert torch.equal(torch.cat([mixed[:1], mixed[2:]]), torch.cat([alone[:1], alone[2:]]))
    assert torch.equal(normals_of(0, **raw), normals_of(0, subseed_schedule="0: (77)", **raw))


def test_any_subseed_is_the_same_when_the_film_is_drawn_again():
    raw = {"subseed_schedule": "0: (-1)", "subseed_strength_schedule": "0: (0.5)"}
    assert torch.equal(normals_of(1, **raw), normals_of(1, **raw))
    assert not torch.equal(normals_of(1, **raw), normals_of(1))


def test_philox_is_another_stream_that_goes_on_from_frame_to_frame():
    one, other = (tiny.animation(max_frames=3, seed=5, noise_source=source) for source in SOURCES)
    for idx in (1, 2):
        samples = [each.plan.noise.draw(each.plan, each.space, idx).sample for each in (one, other)]
        assert not np.array_equal(*samples)
        assert abs(float(np.std(samples[1])) / 0.02 - 1) < 0.05
