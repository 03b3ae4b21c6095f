import numpy as np
import pytest
import torch
from tests import tiny

from dreamreel.diffusion.sampling import SAMPLERS

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
