"""SDXL at a hundredth of its width, held to diffusers' pipeline; weights are random."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tests import families

from dreamreel.diffusion.calls import Cond
from dreamreel.diffusion.denoiser import Guidance, denoised_at
from dreamreel.diffusion.samplers import euler
from dreamreel.diffusion.sigmas import NoiseSchedule
from dreamreel.engine.checkpoint import backend_of
from dreamreel.engine.drive import drive
from dreamreel.errors import ModelError
from dreamreel.models import catalog
from dreamreel.models.diffusers_dir import load_diffusers_dir
from dreamreel.models.recognise import recognise
from dreamreel.models.single_file import load_single_file
from dreamreel.models.sizes import num_bytes
from dreamreel.rendering.animation import prepare
from dreamreel.rendering.setup import Setup

CPU, FLOAT = torch.device("cpu"), torch.float32
PROMPT = "a red fox in a snowy forest at night"


@pytest.fixture(scope="module")
def configuration(tmp_path_factory):
    """A diffusers folder without weights."""
    return families.configuration("sdxl", tmp_path_factory.mktemp("configuration") / "sdxl")


@pytest.fixture(scope="module")
def pipeline(configuration):
    """diffusers' pipeline of it, with the noise levels that the samplers here take."""
    return families.pipeline("sdxl", configuration)


@pytest.fixture(scope="module")
def folder(pipeline, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "small-xl"
    pipeline.save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def bundle(folder):
    return load_diffusers_dir(folder, "small-xl", CPU, FLOAT)


@torch.inference_mode()
def test_a_prompt_is_read_as_diffusers_reads_it_and_the_empty_one_is_zeros(pipeline, bundle):
    tokens, empty, whole, empty_whole = pipeline.encode_prompt(PROMPT, device=CPU, do_classifier_free_guidance=True)
    ours, ours_empty = (bundle.modules.texts.split(bundle.embed([prompt])) for prompt in (PROMPT, ""))
    assert torch.equal(ours[0], tokens)
    assert torch.equal(ours[1], whole)
    assert torch.equal(ours_empty[0], empty)
    assert torch.equal(ours_empty[1], empty_whole)
    assert float(empty.abs().max()) == 0


@pytest.mark.parametrize("side", [(128, 128), (64, 192)])
@pytest.mark.parametrize("guidance", [1.5, 7.0])
def test_the_same_latents_become_the_same_picture(pipeline, bundle, guidance, side):
    height, width = side
    noise = torch.randn((1, 4, height // 8, width // 8), generator=torch.Generator().manual_seed(3))
    theirs = pipeline(
        PROMPT, height=height, width=width, num_inference_steps=6, guidance_scale=guidance, latents=noise,
        output_type="latent", return_dict=False,
    )[0]  # fmt: skip
    schedule = NoiseSchedule(bundle.facts.alphas_cumprod)
    sigmas = schedule.sigmas(6)
    with torch.inference_mode():
        conds = tuple(Cond(bundle.embed([prompt])) for prompt in ("", PROMPT))
    denoise = denoised_at(schedule, Guidance(conds, (guidance,)))
    ours = drive(euler(noise * sigmas[0], sigmas, denoise, lambda: None), backend_of(bundle))
    assert float((ours - theirs).abs().max()) <= 2e-5 * float(theirs.abs().max())
    with torch.inference_mode():
        shown = pipeline.vae.decode(theirs / pipeline.vae.config.scaling_factor).sample
        assert torch.allclose(bundle.decode(ours), shown, atol=1e-4)


def test_a_single_file_loads_to_the_same_weights_as_the_folder(pipeline, bundle, configuration, tmp_path):
    path = tmp_path / "small-xl.safetensors"
    save_file(families.ldm_tensors("sdxl", pipeline), path)
    found = load_single_file(path, "m", CPU, FLOAT, configuration)
    for part in ("unet", "vae", "text_encoder", "second_text_encoder"):
        ours, theirs = getattr(found.modules, part).state_dict(), getattr(bundle.modules, part).state_dict()
        assert list(ours) == list(theirs)
        for key, value in ours.items():
            assert torch.equal(value, theirs[key]), key
    with torch.inference_mode():
        assert torch.equal(found.embed([PROMPT, ""]), bundle.embed([PROMPT, ""]))
    assert (found.facts.defaults.width, found.facts.defaults.cfg_scale) == (1024, 5.0)


def test_a_file_of_the_real_width_wants_the_real_width(pipeline, tmp_path):
    path = tmp_path / "m.safetensors"
    save_file(families.ldm_tensors("sdxl", pipeline), path)
    with pytest.raises(ModelError, match=r"m\.safetensors: model\.diffusion_model\..* SDXL wants \("):
        load_single_file(path, "m", CPU, FLOAT)


def test_it_is_known_by_its_folder_with_its_size_and_guidance(folder):
    location = catalog.locate(str(folder))
    defaults = catalog.check(location)
    assert (defaults.width, defaults.height, defaults.cfg_scale) == (1024, 1024, 5.0)
    found = recognise(folder)
    assert (found.kind, found.title, found.can_draw) == ("sdxl", "an SDXL model (diffusers folder)", True)
    weights = sum(path.stat().st_size for path in folder.rglob("*.safetensors"))
    assert 0.9 * weights <= num_bytes(location, 4) <= weights


def test_a_part_that_is_missing_is_named(folder, tmp_path):
    import shutil

    broken = shutil.copytree(folder, tmp_path / "broken")
    (broken / "text_encoder_2" / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="text_encoder_2 holds no weights"):
        catalog.check(catalog.locate(str(broken)))
    index = json.loads((folder / "model_index.json").read_text())
    (broken / "model_index.json").write_text(json.dumps({**index, "text_encoder": [None, None]}))
    with pytest.raises(
        ModelError, match=r"holds a StableDiffusionXLPipeline; dreamreel draws with SD 1\.x, SD 2\.x and SDXL"
    ):
        catalog.check(catalog.locate(str(broken)))


@pytest.mark.parametrize("sampler", ["euler_ancestral", "ddim"])
def test_frames_are_drawn_and_an_interrupted_film_goes_on_with_the_same_bytes(bundle, folder, sampler):
    raw = {"animation_prompts": f"0: {PROMPT} | 2: a castle", "max_frames": 3, "sampler": sampler, "zoom": "0: (1.05)"}

    def animation():
        made = prepare({**raw, "seed": 5}, Setup(str(folder), 64, 64, 4, device="cpu"))
        made.bundle = bundle
        return made

    images = [frame.image for frame in animation()]
    assert all(image.std() > 1 for image in images)
    again = animation()
    rest = list(again.frames(again.resume(2, lambda name: images[name[1]])))
    assert [frame.idx for frame in rest] == [2]
    assert np.array_equal(rest[0].image, images[2])


@torch.inference_mode()
def test_rows_of_several_predictions_are_those_of_each_alone(bundle):
    schedule, backend = NoiseSchedule(bundle.facts.alphas_cumprod), backend_of(bundle, 8)
    empty, *prompts = (Cond(bundle.embed([prompt])) for prompt in ("", PROMPT, "a castle", "the sea"))
    calls = []
    for number, prompt in enumerate(prompts):
        x = torch.randn((1, 4, 8, 8), generator=torch.Generator().manual_seed(number))
        calls.append(denoised_at(schedule, Guidance((empty, prompt), (5.0 + number,)))(x, 2.0 + number))
    for together, call in zip(backend.forward(calls), calls, strict=True):
        assert torch.equal(together, backend.answer(call))


def test_in_half_precision_its_autoencoder_stays_in_full(folder):
    bundle = load_diffusers_dir(folder, "m", CPU, torch.float16)
    modules = bundle.modules
    assert (modules.unet.dtype, modules.second_text_encoder.dtype) == (torch.float16, torch.float16)
    assert modules.vae.dtype == FLOAT
    assert load_diffusers_dir(folder, "m", CPU, torch.bfloat16).modules.vae.dtype == torch.bfloat16
