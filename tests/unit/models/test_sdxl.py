"""SDXL at a hundredth of its width, held to diffusers' pipeline; weights are random."""

import json
import re

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tests import checkpoints

from dreamreel.diffusion.calls import Cond
from dreamreel.diffusion.denoiser import Guidance, denoised_at
from dreamreel.diffusion.samplers import euler
from dreamreel.diffusion.sigmas import NoiseSchedule
from dreamreel.engine.checkpoint import backend_of
from dreamreel.engine.drive import drive
from dreamreel.errors import ModelError
from dreamreel.models import catalog
from dreamreel.models.diffusers_dir import load_diffusers_dir
from dreamreel.models.memory import num_bytes
from dreamreel.models.recognise import recognise
from dreamreel.models.single_file import load_single_file
from dreamreel.rendering.animation import prepare
from dreamreel.rendering.setup import Setup

CPU, FLOAT = torch.device("cpu"), torch.float32
SHIPPED = catalog.locate("tiny-sd").path.parent
PROMPT = "a red fox in a snowy forest at night"
CLIP = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4}
CHANGES = {
    "unet": {
        "block_out_channels": [8, 16, 16],
        "attention_head_dim": [2, 2, 4],
        "transformer_layers_per_block": [1, 1, 2],
        "norm_num_groups": 4,
        "cross_attention_dim": 64,
        "addition_time_embed_dim": 8,
        "projection_class_embeddings_input_dim": 24 + 6 * 8,
        "sample_size": 16,
    },
    "vae": {"block_out_channels": [4, 8, 8, 8], "norm_num_groups": 4},
    "text_encoder": {**CLIP, "projection_dim": 32},
    "text_encoder_2": {**CLIP, "projection_dim": 24},
    "scheduler": {},
}


@pytest.fixture(scope="module")
def configuration(tmp_path_factory):
    """A diffusers folder without weights."""
    folder = tmp_path_factory.mktemp("configuration")
    for part, change in CHANGES.items():
        (folder / part).mkdir()
        name = "scheduler_config.json" if part == "scheduler" else "config.json"
        config = json.loads((SHIPPED / "sdxl" / part / name).read_text())
        (folder / part / name).write_text(json.dumps({**config, **change}))
    (folder / "tokenizer").symlink_to(SHIPPED / "sd1" / "tokenizer")
    (folder / "model_index.json").write_text((SHIPPED / "sdxl" / "model_index.json").read_text())
    return folder


@pytest.fixture(scope="module")
def pipeline(configuration):
    """diffusers' pipeline of it, with the noise levels that the samplers here take."""
    from diffusers import AutoencoderKL, EulerDiscreteScheduler, StableDiffusionXLPipeline, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

    torch.manual_seed(0)
    words = configuration / "tokenizer"
    made = StableDiffusionXLPipeline(
        vae=AutoencoderKL.from_config(AutoencoderKL.load_config(configuration / "vae")),
        unet=UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(configuration / "unet")),
        text_encoder=CLIPTextModel(CLIPTextConfig.from_pretrained(configuration / "text_encoder")),
        text_encoder_2=CLIPTextModelWithProjection(CLIPTextConfig.from_pretrained(configuration / "text_encoder_2")),
        tokenizer=CLIPTokenizer.from_pretrained(words),
        tokenizer_2=CLIPTokenizer.from_pretrained(words, pad_token="!"),
        scheduler=EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", timestep_spacing="linspace"
        ),
        add_watermarker=False,
    )
    for part in (made.vae, made.unet, made.text_encoder, made.text_encoder_2):
        part.eval().requires_grad_(False)
    made.set_progress_bar_config(disable=True)
    return made


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


def ldm_tensors(pipeline):
    """The weights under the names of SDXL's own files: CompVis' and, for the second text encoder, OpenCLIP's."""
    first = checkpoints.ldm_tensors(pipeline.unet, pipeline.vae, pipeline.text_encoder)
    renamed = {}
    for key, value in first.items():
        key = re.sub(r"add_embedding\.linear_(\d)", lambda found: f"label_emb.0.{2 * int(found[1]) - 2}", key)
        # Unlike SD 1.x, the lowest level attends on the way up, before it doubles.
        key = key.replace("output_blocks.2.1.conv.", "output_blocks.2.2.conv.")
        renamed[key.replace("cond_stage_model.", "conditioner.embedders.0.")] = value
    second = pipeline.text_encoder_2.state_dict()
    start = "conditioner.embedders.1.model."
    for layer in range(CLIP["num_hidden_layers"]):
        ours, theirs = f"text_model.encoder.layers.{layer}.", f"{start}transformer.resblocks.{layer}."
        for kind in ("weight", "bias"):
            parts = [second[f"{ours}self_attn.{letter}_proj.{kind}"] for letter in "qkv"]
            renamed[f"{theirs}attn.in_proj_{kind}"] = torch.cat(parts)
            names = {"self_attn.out_proj": "attn.out_proj", "layer_norm1": "ln_1", "layer_norm2": "ln_2"}
            for name, other in {**names, "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj"}.items():
                renamed[f"{theirs}{other}.{kind}"] = second[f"{ours}{name}.{kind}"]
    for kind in ("weight", "bias"):
        renamed[f"{start}ln_final.{kind}"] = second[f"text_model.final_layer_norm.{kind}"]
    renamed[f"{start}token_embedding.weight"] = second["text_model.embeddings.token_embedding.weight"]
    renamed[f"{start}positional_embedding"] = second["text_model.embeddings.position_embedding.weight"]
    renamed[f"{start}text_projection"] = second["text_projection.weight"].T
    renamed[f"{start}logit_scale"] = torch.tensor(4.6)
    return {key: value.clone().contiguous() for key, value in renamed.items()}


def test_a_single_file_loads_to_the_same_weights_as_the_folder(pipeline, bundle, configuration, tmp_path):
    path = tmp_path / "small-xl.safetensors"
    save_file(ldm_tensors(pipeline), path)
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
    save_file(ldm_tensors(pipeline), path)
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
    with pytest.raises(ModelError, match=r"holds a StableDiffusionXLPipeline; dreamreel draws with SD 1\.x and SDXL"):
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
