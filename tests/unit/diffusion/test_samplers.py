"""Samplers driven by hand, with no network: what they ask, how often, and what they draw."""

from itertools import pairwise

import pytest
import torch
from tests.k_samplers import K_SAMPLERS

from dreamreel.diffusion.sampling import SAMPLERS

X0 = torch.linspace(-1, 1, 4 * 8 * 8).reshape(1, 4, 8, 8)
SIGMAS = [14.6, 3.0, 0.5, 0.0]


def drive(steps, model):
    """Runs a sampler by hand; returns the latents and every call it made."""
    calls, denoised = [], None
    try:
        while True:
            calls.append(steps.send(denoised))
            denoised = model(*calls[-1])
    except StopIteration as stop:
        return stop.value, calls


def run(name, sigmas=SIGMAS, model=lambda *_: X0):
    draws = []

    def draw():
        draws.append(1)
        return torch.zeros_like(X0)

    latents, calls = drive(K_SAMPLERS[name](X0 * 10, sigmas, lambda x, sigma: (x, sigma), draw), model)
    return latents, calls, len(draws)


def test_heun_asks_twice_per_step_except_the_last():
    _, calls, _ = run("heun")
    assert [sigma for _, sigma in calls] == [14.6, 3.0, 3.0, 0.5, 0.5]


def test_dpm2_asks_twice_per_step_the_last_included():
    _, calls, _ = run("dpm2")
    middles = [((a ** (1 / 3) + b ** (1 / 3)) / 2) ** 3 for a, b in pairwise(SIGMAS)]
    assert [sigma for _, sigma in calls[::2]] == SIGMAS[:3]
    assert [sigma for _, sigma in calls[1::2]] == pytest.approx(middles, rel=1e-6)


@pytest.mark.parametrize("name", K_SAMPLERS)
def test_costs_and_draws_are_the_counted_ones(name):
    _, calls, num_draws = run(name)
    row = SAMPLERS[name]
    assert num_draws == row.draws_in(3)
    assert len(calls) <= row.evaluations(3) if row.is_open else len(calls) == row.evaluations(3)


@pytest.mark.parametrize("name", K_SAMPLERS)
def test_a_network_that_always_sees_the_same_latents_is_believed(name):
    latents, _, _ = run(name)
    if name in ("dpm_fast", "dpm_adaptive"):  # which end at the last level above 0, here a high one
        assert torch.allclose(latents, X0 * (1 + 9 * 0.5 / 14.6), atol=1e-4)
    else:  # the last step of a second-order midpoint method does not land on it exactly
        assert torch.allclose(latents, X0, atol=0.15 if name.startswith("dpm2_") or name == "dpm2" else 1e-5)


@pytest.mark.parametrize("name", K_SAMPLERS)
def test_no_steps_change_nothing(name):
    latents, calls, num_draws = run(name, sigmas=[0.0])
    assert torch.equal(latents, X0 * 10)
    assert (calls, num_draws) == ([], 0)


@pytest.mark.parametrize("name", K_SAMPLERS)
def test_a_sampler_can_be_dropped_in_the_middle(name):
    steps = K_SAMPLERS[name](X0, SIGMAS, lambda x, sigma: (x, sigma), lambda: X0)
    next(steps)
    steps.close()
    with pytest.raises(StopIteration):
        next(steps)
