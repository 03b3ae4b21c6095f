"""Networks that predict v or the clean latents, and noise levels that end without signal, by every sampler.

The network is a random tiny one of diffusers' own classes; the numbers are those of diffusers' schedulers, or the
closed form in float64 where diffusers has no such scheduler.
"""

from functools import cache

import numpy as np
import pytest
import torch
from tests.k_samplers import K_SAMPLERS

from dreamreel.diffusion.calls import Cond
from dreamreel.diffusion.denoiser import Guidance, denoised_at, predicted_at
from dreamreel.diffusion.ldm_samplers import DdimTable, ddim
from dreamreel.diffusion.samplers import ancestral_step, midpoint
from dreamreel.diffusion.sampling import ORIGINALS, SAMPLERS, Start
from dreamreel.diffusion.sigmas import NO_SIGNAL, NoiseSchedule
from dreamreel.models.guidance import guided
from dreamreel.models.noising import alphas_cumprod

# diffusers' schedulers and NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
CONFIG = {"beta_start": 0.00085, "beta_end": 0.012, "num_train_timesteps": 1000, "beta_schedule": "scaled_linear"}
SHAPE = (1, 4, 8, 8)
PREDICTIONS = ["epsilon", "v_prediction", "sample"]
CFG_SCALE = 5.0


def schedule(prediction="v_prediction", zero_snr=False):
    alphas = alphas_cumprod({**CONFIG, "rescale_betas_zero_snr": zero_snr})
    return NoiseSchedule(alphas, prediction=prediction)


@cache
def unet():
    from diffusers import UNet2DConditionModel

    torch.manual_seed(3)
    return UNet2DConditionModel(
        in_channels=4,
        out_channels=4,
        layers_per_block=1,
        block_out_channels=(8, 16),
        cross_attention_dim=8,
        attention_head_dim=2,
        norm_num_groups=4,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
    ).eval()


def normals(seed, shape=SHAPE):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


CONDS = normals(1, (2, 5, 8))
GUIDANCE = Guidance(tuple(map(Cond, CONDS.split(1))), (CFG_SCALE,))


def network(x, t, cond):
    return unet()(x, t, encoder_hidden_states=cond).sample


@torch.no_grad()
def answer(call):
    """The call's answer by the function that bundles use."""
    scales = torch.tensor([[call.c_skip, call.c_in, call.c_out, *call.weights, call.t]], dtype=torch.float32)
    return guided(network, call.x, scales, torch.cat([cond.rows for cond in call.conds]))


@torch.no_grad()
def raw(x, t):
    """What the network says of x as it is shown to it, guided, as a pipeline of diffusers guides it."""
    without, prompted = network(torch.cat([x, x]), torch.full((2,), float(t)), CONDS).chunk(2)
    return without + CFG_SCALE * (prompted - without)


def run(sampler, levels, x, noised):
    steps = K_SAMPLERS[sampler](x, levels, denoised_at(noised, GUIDANCE), lambda: normals(9))
    return finish(steps)


def finish(steps):
    given = None
    try:
        while True:
            given = answer(steps.send(given))
    except StopIteration as stop:
        return stop.value


def clean(noised, x, sigma):
    """The closed form of the clean latents, in float64, from the network's raw answer."""
    scale = 1 / (sigma**2 + 1) ** 0.5
    said = raw((x.double() * scale).float(), noised.sigma_to_t(sigma)).double()
    alpha = 1 / (sigma**2 + 1)
    return {
        "epsilon": x.double() - sigma * said,
        "v_prediction": alpha**0.5 * (x.double() * scale) - (1 - alpha) ** 0.5 * said,
        "sample": said,
    }[noised.prediction]


def closed_form(sampler, noised, x, sigma, sigma_next):
    """One step by the papers' formulas in float64; from a level without signal those in 1 / sigma."""
    first, low = clean(noised, x, sigma), sigma_next
    if sampler.endswith("ancestral"):
        low = ancestral_step(sigma, sigma_next)[0]
    middle = midpoint(sigma, low)
    x = x.double()
    d = (x - first) / sigma
    if sampler == "heun":
        x_2 = x + d * (low - sigma)
        d_2 = (x_2 - clean(noised, x_2.float(), low)) / low
        end = x + (d + d_2) / 2 * (low - sigma)
    elif sampler.startswith("dpm2"):
        x_2 = x + d * (middle - sigma)
        end = x + (x_2 - clean(noised, x_2.float(), middle)) / middle * (low - sigma)
    else:
        end = x + d * (low - sigma)
    noise = ancestral_step(sigma, sigma_next)[1] * normals(9) if sampler.endswith("ancestral") else 0
    return end + noise


@pytest.mark.parametrize("sampler", [name for name in K_SAMPLERS if name in ORIGINALS])
@pytest.mark.parametrize("prediction", PREDICTIONS)
@pytest.mark.parametrize("step", [0, 5, 9])
def test_one_step_of_each_sampler_is_the_closed_form(sampler, prediction, step):
    noised = schedule(prediction)
    sigma, sigma_next = noised.sigmas(12)[step : step + 2]
    x = normals(2) * (sigma**2 + 1) ** 0.5
    found = run(sampler, [sigma, sigma_next], x, noised)
    expected = closed_form(sampler, noised, x, sigma, sigma_next)
    assert torch.allclose(found.double(), expected, rtol=1e-4, atol=1e-4 * max(1, sigma))


def theirs(kind, prediction, num_steps=12, **options):
    import diffusers

    made = getattr(diffusers, kind)(**CONFIG, prediction_type=prediction, **options)
    made.set_timesteps(num_steps)
    return made


@pytest.mark.parametrize("prediction", PREDICTIONS)
@pytest.mark.parametrize(("sampler", "kind"), [("euler", "EulerDiscreteScheduler"), ("heun", "HeunDiscreteScheduler")])
def test_all_steps_end_where_those_of_diffusers_do(sampler, kind, prediction):
    noised, scheduler = schedule(prediction), theirs(kind, prediction, timestep_spacing="linspace")
    levels = noised.sigmas(12)
    assert np.allclose(np.unique(scheduler.sigmas)[::-1], levels, rtol=1e-5)
    x = normals(4) * levels[0]
    found = run(sampler, levels, x, noised)
    for t in scheduler.timesteps:
        shown = scheduler.scale_model_input(x, t)
        x = scheduler.step(raw(shown, t), t, x).prev_sample
    assert torch.allclose(found, x, atol=2e-3)


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_an_ancestral_step_is_that_of_diffusers(prediction):
    noised = schedule(prediction)
    scheduler = theirs("EulerAncestralDiscreteScheduler", prediction, timestep_spacing="linspace")
    sigmas = noised.sigmas(12)
    x = normals(4) * sigmas[0]
    found = run("euler_ancestral", sigmas[:2], x, noised)
    t = scheduler.timesteps[0]
    generator = torch.Generator().manual_seed(9)
    stepped = scheduler.step(raw(scheduler.scale_model_input(x, t), t), t, x, generator=generator).prev_sample
    assert torch.allclose(found, stepped, atol=1e-3)


@pytest.mark.parametrize(
    ("prediction", "zero_snr"), [("epsilon", False), ("v_prediction", False), ("sample", False), ("v_prediction", True)]
)
def test_ddim_ends_where_that_of_diffusers_does(prediction, zero_snr):
    noised = schedule(prediction, zero_snr)
    spacing = {"timestep_spacing": "trailing", "rescale_betas_zero_snr": True} if zero_snr else {"steps_offset": 1}
    scheduler = theirs("DDIMScheduler", prediction, 10, set_alpha_to_one=False, clip_sample=False, **spacing)
    table = DdimTable(noised, 10)
    assert table.timesteps[::-1] == scheduler.timesteps.tolist()
    x = normals(5)
    found = finish(ddim(x, table, 10, predicted_at(noised, GUIDANCE), lambda: None))
    for t in scheduler.timesteps:
        x = scheduler.step(raw(x, t), t, x).prev_sample
    assert torch.isfinite(found).all()
    assert torch.allclose(found, x, atol=2e-3)


def test_a_rescaled_schedule_is_that_of_diffusers_and_ends_without_signal():
    from diffusers.schedulers.scheduling_ddim import rescale_zero_terminal_snr

    betas = torch.linspace(CONFIG["beta_start"] ** 0.5, CONFIG["beta_end"] ** 0.5, 1000) ** 2
    expected = (1 - rescale_zero_terminal_snr(betas)).cumprod(0).numpy()
    found = schedule(zero_snr=True)
    assert found.has_zero_snr
    assert not schedule().has_zero_snr
    assert found.alphas_cumprod[-1] == 0
    assert np.allclose(found.alphas_cumprod, expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("halved", [False, True])
def test_the_level_without_signal_is_the_finite_one_of_diffusers(halved):
    noised = NoiseSchedule(schedule(zero_snr=True).alphas_cumprod, halved, "v_prediction")
    scheduler = theirs(
        "EulerDiscreteScheduler", "v_prediction", timestep_spacing="linspace", rescale_betas_zero_snr=True
    )
    assert noised.sigmas(12)[0] == pytest.approx(NO_SIGNAL) == pytest.approx(float(scheduler.sigmas[0]))
    assert np.allclose(noised.sigmas(12), scheduler.sigmas.numpy(), rtol=1e-3)
    assert np.isfinite(noised.table).all()
    assert (np.diff(noised.table) > 0).all()


def gaussian(noised):
    """A perfect v network for pictures that are normal around 0.7 with a spread of 0.5."""
    mean, spread = 0.7, 0.5

    def say(call):
        alpha = noised.alphas_cumprod[round(call.t)].astype(np.float64)
        shown = call.x.double() * call.c_in
        gain = alpha**0.5 * spread**2 / (alpha * spread**2 + 1 - alpha)
        denoised = mean + gain * (shown - alpha**0.5 * mean)
        eps = (shown - alpha**0.5 * denoised) / (1 - alpha) ** 0.5
        v = alpha**0.5 * eps - (1 - alpha) ** 0.5 * denoised
        return (call.c_skip * call.x + call.c_out * v).float()

    return say


# lcm takes what the network sees for a sample, which holds for consistency models alone.
@pytest.mark.parametrize("sampler", sorted({row.name for row in SAMPLERS.values()} - {"lcm"}))
@pytest.mark.parametrize("zero_snr", [False, True])
def test_a_perfect_v_network_gives_its_distribution_also_from_no_signal_at_all(sampler, zero_snr):
    if sampler == "dpm_adaptive" and zero_snr:
        pytest.skip("it tolerates errors of a share of what is there, which is nearly all noise")
    noised, shape = schedule(zero_snr=zero_snr), (1, 4, 32, 32)
    seeds = iter(range(100, 1000))
    say = gaussian(noised)

    def draw():
        return normals(next(seeds), shape)

    steps = SAMPLERS[sampler].run(Start(draw(), True, 100, 100), noised, GUIDANCE, draw)
    given = None
    try:
        while True:
            given = say(steps.send(given))
    except StopIteration as stop:
        found = stop.value
    assert float(found.mean()) == pytest.approx(0.7, abs=0.04)
    assert float(found.std()) == pytest.approx(0.5, abs=0.04)
