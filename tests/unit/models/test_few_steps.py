"""Models that draw in few steps: known by their names, and those that are told their guidance, held to diffusers."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tests import families

from dreamreel.diffusion.calls import Cond
from dreamreel.diffusion.denoiser import Guidance
from dreamreel.diffusion.sampling import SAMPLERS, Start
from dreamreel.diffusion.sigmas import NoiseSchedule
from dreamreel.engine.checkpoint import backend_of
from dreamreel.engine.drive import drive
from dreamreel.models import catalog
from dreamreel.models.diffusers_dir import load_diffusers_dir
from dreamreel.models.few_steps import few_steps
from dreamreel.models.headers import read_names
from dreamreel.models.made_for import of_file
from dreamreel.models.recognise import recognise
from dreamreel.models.single_file import load_single_file
from dreamreel.rendering.animation import Animation, prepare
from dreamreel.rendering.setup import Setup

CPU, FLOAT = torch.device("cpu"), torch.float32
PROMPT = "a red fox in a snowy forest at night"


@pytest.mark.parametrize(
    ("names", "title", "steps"),
    [
        ("sd_xl_turbo_1.0_fp16", "Turbo", 4),
        ("sdxl_lightning_4step", "Lightning", 4),
        ("sdxl_lightning_8step_unet", "Lightning", 8),
        ("DreamShaperXL_Lightning-SFW", "Lightning", 4),
        ("Hyper-SDXL-1step", "Hyper-SD", 1),
        ("realistic hyper 8 steps", "Hyper-SD", 8),
        ("LCM_Dreamshaper_v7", "LCM", 4),
        ("photon_lcm_6steps", "LCM", 6),
        ("hyperrealism_v3", None, None),
        ("hyper_real_v3", None, None),
        ("turbocharged", None, None),
        ("v1-5-pruned", None, None),
    ],
)
def test_a_name_says_in_how_few_steps_a_model_draws(names, title, steps):
    found = few_steps(names)
    assert (found and found.title, found and found.steps) == (title, steps)


def test_all_that_is_drawn_with_by_name_is_a_sampler():
    from dreamreel.models.few_steps import KINDS

    assert {kind.sampler for kind in KINDS} <= {*SAMPLERS, "lcm"}


@pytest.fixture(scope="module")
def lcm(tmp_path_factory):
    """(configuration, diffusers' pipeline, folder) of an SD 1.x that is told its guidance."""
    place = tmp_path_factory.mktemp("lcm")
    configuration = families.configuration("sd1", place / "configuration", time_cond_proj_dim=16)
    made = families.pipeline("sd1", configuration)
    made.save_pretrained(place / "small")
    return configuration, made, place / "small"


@pytest.mark.parametrize("scale", [1.0, 8.5])
def test_a_network_that_is_told_its_guidance_draws_what_diffusers_draws(lcm, scale):
    _, made, folder = lcm
    bundle = load_diffusers_dir(folder, "m", CPU, FLOAT)
    noise = torch.randn((1, 4, 8, 8), generator=torch.Generator().manual_seed(3))
    theirs = made(PROMPT, height=64, width=64, num_inference_steps=4, guidance_scale=scale, latents=noise,
                  output_type="latent", return_dict=False)[0]  # fmt: skip
    schedule = NoiseSchedule(bundle.facts.alphas_cumprod, is_told=bundle.facts.is_told)
    with torch.inference_mode():
        guidance = Guidance(tuple(Cond(bundle.embed([prompt])) for prompt in ("", PROMPT)), (scale,))
    start = Start(noise, True, 4, 4)
    ours = drive(SAMPLERS["euler"].run(start, schedule, guidance, lambda: noise), backend_of(bundle))
    assert float((ours - theirs).abs().max()) <= 2e-5 * float(theirs.abs().max())


def test_its_single_file_loads_to_the_same_and_both_say_what_they_were_made_for(lcm, tmp_path):
    configuration, made, folder = lcm
    path = tmp_path / "m.safetensors"
    tensors = families.ldm_tensors("sd1", made)
    names = {"time_embedding.cond_proj": "time_embed.cond_proj"}
    assert "model.diffusion_model.time_embedding.cond_proj.weight" in tensors
    for ours, theirs in names.items():
        tensors[f"model.diffusion_model.{theirs}.weight"] = tensors.pop(f"model.diffusion_model.{ours}.weight")
    save_file(tensors, path)
    found, other = load_single_file(path, "m", CPU, FLOAT, configuration), load_diffusers_dir(folder, "m", CPU, FLOAT)
    for key, value in found.modules.unet.state_dict().items():
        assert torch.equal(value, other.modules.unet.state_dict()[key]), key
    assert found.facts.is_told
    for defaults in (of_file(path, read_names(path)), catalog.check(catalog.locate(str(folder)))):
        assert (defaults.steps, defaults.cfg_scale, defaults.sampler) == (4, 8.5, "lcm")
    assert any("told its guidance" in detail for detail in recognise(path).details)


def test_a_request_that_names_no_sampler_is_drawn_with_the_one_that_the_model_needs(lcm, tmp_path):
    folder = tmp_path / "small-lightning"
    folder.symlink_to(lcm[2])
    defaults = catalog.check(catalog.locate(str(folder)))
    assert defaults.sampler == "lcm"  # the network is told its guidance, whatever it is called
    turbo = tmp_path / "small-turbo"
    families.pipeline("sd1", families.configuration("sd1", tmp_path / "c")).save_pretrained(turbo)

    def drawn(**raw):
        return prepare({"max_frames": 1, **raw}, Setup(str(turbo), 64, 64))

    made, other = drawn(), drawn(sampler="klms")
    assert (made.plan.sampling.sampler(0).name, made.plan.canvas.steps) == ("euler_ancestral", 4)
    assert made.plan.canvas.cfg_scale == 1
    assert made.manifest()["input"]["sampler"] == "euler_ancestral"
    assert made.remarks() == []
    assert other.plan.sampling.sampler(0).name == "klms"
    assert [(note.field, "about 4 steps with euler_ancestral" in note.message) for note in other.remarks()] == [
        ("sampler", True)
    ]
    assert len(list(Animation(made.plan, made.setup, made.location))) == 1


def test_a_card_has_the_last_word(lcm):
    folder = lcm[2]
    (folder / "dreamreel.json").write_text(json.dumps({"steps": 2, "cfg_scale": 1.5}))
    defaults = catalog.check(catalog.locate(str(folder)))
    assert (defaults.steps, defaults.cfg_scale) == (2, 1.5)


@torch.inference_mode()
def test_predictions_of_other_guidances_share_its_passes(lcm):
    bundle = load_diffusers_dir(lcm[2], "m", CPU, FLOAT)
    schedule = NoiseSchedule(bundle.facts.alphas_cumprod, is_told=True)
    conds = tuple(Cond(bundle.embed([prompt])) for prompt in ("", PROMPT))
    backend, calls = backend_of(bundle, 8), []
    for scale in (1.0, 3.0, 9.0):
        x = torch.full((1, 4, 8, 8), scale)
        calls.append(Guidance(conds, (scale,)).call(x, 500.0, 1.0, 1.0, -1.0, schedule.is_told))
    assert len({backend.group(call) for call in calls}) == 1
    together = backend.forward(calls)
    for call, answer in zip(calls, together, strict=True):
        assert torch.equal(answer, backend.answer(call))
    assert not np.array_equal(together[0], together[2])


@pytest.mark.parametrize(("scale", "rows"), [(1.0, 1), (7.0, 2)])
def test_a_model_of_one_step_asks_its_network_once_and_a_guidance_of_1_takes_one_row(tmp_path, scale, rows):
    folder = tmp_path / "small-hyper-1step"
    families.pipeline("sd1", families.configuration("sd1", tmp_path / "c")).save_pretrained(folder)
    made = prepare({"max_frames": 1}, Setup(str(folder), 64, 64, cfg_scale=scale))
    assert (made.plan.canvas.steps, made.plan.sampling.sampler(0).spacing) == (1, "trailing")
    seen = []
    made.bundle.modules.unet.register_forward_pre_hook(
        lambda _, inputs: seen.append((len(inputs[0]), float(inputs[1][0])))
    )
    assert len(list(made.frames())) == 1
    assert seen == [(rows, 999.0)]
