import numpy as np
import pytest
import torch
from golden_data import unit_arrays, unit_json

from dreamreel.diffusion.calls import Cond
from dreamreel.diffusion.counts import ddim_timesteps, steps_of_strength
from dreamreel.diffusion.denoiser import Guidance
from dreamreel.diffusion.ldm_samplers import DdimTable
from dreamreel.diffusion.noise import NoiseSource
from dreamreel.diffusion.sampling import SAMPLERS, Start
from dreamreel.diffusion.sigmas import NoiseSchedule
from dreamreel.models.noising import alphas_cumprod

GOLDEN = unit_json("schedules")
ALPHAS = unit_arrays("alphas_cumprod")
SCHEDULE = NoiseSchedule(ALPHAS["alphas_cumprod"])
TOY = unit_arrays("toy_trajectories")
RUNS = {name: run for name, run in unit_json("toy_trajectories")["runs"].items() if not name.startswith("plms")}


def test_alphas_come_from_the_configuration_to_the_last_bit():
    config = {"beta_start": 0.00085, "beta_end": 0.012, "num_train_timesteps": 1000}
    assert np.array_equal(alphas_cumprod(config), ALPHAS["alphas_cumprod"])


def test_the_sigma_table_is_the_originals():
    assert np.array_equal(SCHEDULE.table, ALPHAS["sigmas"])
    assert np.array_equal(NoiseSchedule(SCHEDULE.alphas_cumprod, halved=True).table, ALPHAS["sigmas_half"])


@pytest.mark.parametrize("num_steps", [10, 20, 25, 50, 100])
def test_noise_levels_and_their_times_are_the_originals(num_steps):
    sigmas = SCHEDULE.sigmas(num_steps)
    assert sigmas == GOLDEN[f"sigmas_{num_steps}"]
    assert [SCHEDULE.sigma_to_t(sigma) for sigma in sigmas[:-1]] == GOLDEN[f"t_of_sigmas_{num_steps}"][:num_steps]


def test_half_precision_levels_are_those_of_the_original_on_its_gpu():
    halved = NoiseSchedule(SCHEDULE.alphas_cumprod, halved=True)
    assert halved.sigmas(50) == GOLDEN["sigmas_50_if_model_half"]


def test_times_between_and_beyond_the_table_are_the_originals():
    for sigma, t in GOLDEN["probe_sigma_to_t"]:
        assert SCHEDULE.sigma_to_t(sigma) == t


@pytest.mark.parametrize("num_steps", [20, 30, 50])
def test_ddim_tables_are_the_originals(num_steps):
    table = DdimTable(SCHEDULE, num_steps)
    assert table.timesteps == ddim_timesteps(num_steps) == GOLDEN[f"ddim_timesteps_{num_steps}"]
    assert table.alphas.tolist() == GOLDEN[f"ddim_alphas_{num_steps}"]
    assert table.alphas_prev.tolist() == GOLDEN[f"ddim_alphas_prev_{num_steps}"]


def test_a_strength_means_as_many_steps_as_in_the_original():
    for num_steps, strength, steps in GOLDEN["t_enc"]:
        assert steps_of_strength(np.array([float(strength)]), num_steps)[0] == steps


def test_the_random_stream_is_that_of_the_global_generator():
    golden = unit_arrays("convert_rng")
    for seed in (0, 1, 42, 65535, 4294967295):
        noise = NoiseSource(seed)
        for number in (1, 2):
            assert np.array_equal(noise.draw((1, 4, 8, 8)).numpy(), golden[f"randn_seed{seed}_{number}"])


def toy_answer(call):
    """The toy denoiser of toy_trajectories.json, guided."""
    x = torch.cat([call.x * call.c_in] * 2)
    t = torch.full((2, 1, 1, 1), call.t)
    eps = (0.9 - 0.3 * t / 999) * x + 0.2 * torch.roll(x, 1, -1) + 0.1 * torch.cat([cond.rows for cond in call.conds])
    uncond, cond = (call.c_skip * call.x + eps * call.c_out).chunk(2)
    return uncond + (cond - uncond) * call.weights[0]


def drive(steps):
    """Runs a sampler by hand; returns the latents and the x of every call."""
    seen, answer = [], None
    try:
        while True:
            call = steps.send(answer)
            seen.append(call.x)
            answer = toy_answer(call)
    except StopIteration as stop:
        return stop.value, seen


def run_toy(name, num_steps):
    """A trajectory from the golden draws: (latents, seen, how many draws were taken)."""
    sampler, kind = name.rsplit("_", 1)
    noise, taken = NoiseSource(123), []

    def draw():
        taken.append(1)
        return noise.draw((1, 4, 8, 8))

    guidance = Guidance(tuple(Cond(torch.from_numpy(TOY[each])) for each in ("uncond", "cond")), (7,))
    from_nothing, row = kind == "txt", SAMPLERS[sampler]
    # Of the two draws before the steps the toy made one.
    first = draw() if from_nothing and row.draws(0, from_nothing) == 1 else torch.from_numpy(TOY["init_latent"])
    steps = row.run(Start(first, from_nothing, 50, num_steps), SCHEDULE, guidance, draw)
    return *drive(steps), len(taken)


@pytest.mark.parametrize("name", RUNS)
def test_toy_trajectories_end_where_the_originals_did(name):
    latents, seen, num_draws = run_toy(name, RUNS[name]["t_enc"])
    # Equal to the last bit where the draws are (tests/parity/test_identity.py); 1e-4 covers other CPUs' draws.
    assert np.abs(latents.numpy() - TOY[f"{name}_final"]).max() < 1e-4
    assert num_draws == RUNS[name]["n_draws"]
    row = SAMPLERS[name.rsplit("_", 1)[0]]
    assert len(seen) == row.evaluations(RUNS[name]["t_enc"])
    assert row.draws_in(RUNS[name]["t_enc"]) == num_draws - 1
    if f"{name}_start" in TOY:
        assert torch.allclose(seen[0], torch.from_numpy(TOY[f"{name}_start"]), rtol=0, atol=1e-5)
