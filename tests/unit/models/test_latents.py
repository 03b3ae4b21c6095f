"""Whose latents an autoencoder is for, by what its file, its folder or its name says."""

import json

import pytest
import torch
from safetensors.torch import save_file
from tests import checkpoints

from dreamreel.errors import ModelError
from dreamreel.models import catalog
from dreamreel.models.latents import SD, XL, of_config, said_latents
from dreamreel.models.single_file import load_single_file

TINY = {"decoder.layers.0.weight": torch.zeros(1)}
FULL = {"decoder.conv_in.weight": torch.zeros(1)}


def said(path, tensors=TINY, metadata=None, config=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    if config is None:
        save_file(tensors, path, metadata)
    else:
        path.mkdir()
        (path / "config.json").write_text(json.dumps(config))
    found = said_latents(path)
    return found and (found.latents, found.is_firm)


@pytest.mark.parametrize(
    ("name", "latents"),
    [
        ("taesd_decoder.safetensors", SD),
        ("taesdxl_decoder.safetensors", XL),
        ("TAESD-XL.safetensors", XL),
        ("sdxl_vae.safetensors", XL),
        ("sd_xl_base_1.0_vae.safetensors", XL),
        ("juggernautXL_v1_5.safetensors", XL),
        ("vae-ft-mse-840000-ema-pruned.safetensors", SD),
        ("sd-v1-4-vae.safetensors", SD),
        ("sd21.safetensors", SD),
        ("taesdxl/diffusion_pytorch_model.safetensors", XL),
        ("taesd/diffusion_pytorch_model.safetensors", SD),
        ("models--madebyollin--taesdxl/snapshots/1a2b/diffusion_pytorch_model.safetensors", XL),
        ("tiny.safetensors", None),
        ("taesd3_decoder.safetensors", None),
        ("taef1_decoder.safetensors", None),
    ],
)
def test_a_name_says_it_less_firmly_than_a_file(tmp_path, name, latents):
    assert said(tmp_path / "n" / name) == (latents and (latents, False))


def test_a_file_or_a_folder_says_it_whatever_its_name(tmp_path):
    architecture = {"modelspec.architecture": "stable-diffusion-xl-v1-base/vae"}
    assert said(tmp_path / "taesd_a.safetensors", metadata=architecture) == (XL, True)
    assert said(tmp_path / "taesd_b.safetensors", metadata={"modelspec.title": "TAESDXL"}) == (XL, False)
    xl = {"_class_name": "AutoencoderKL", "scaling_factor": 0.13025}
    assert said(tmp_path / "sd15", config=xl) == (XL, True)
    assert said(tmp_path / "sdxl", config={**xl, "scaling_factor": 0.18215}) == (SD, True)
    tiny = {"_class_name": "AutoencoderTiny", "scaling_factor": 1.0, "_name_or_path": "madebyollin/taesdxl"}
    assert said(tmp_path / "tiny", config=tiny) == (XL, False)
    unet = {
        "model.diffusion_model.input_blocks.0.0.weight": torch.zeros(320, 4, 3, 3),
        "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": torch.zeros(8, 2048),
        **FULL,
    }
    assert said(tmp_path / "sd15.safetensors", unet) == (XL, True)


def test_a_models_own_are_known_by_its_autoencoders_configuration():
    plain = {"block_out_channels": [128, 256, 512, 512]}
    assert of_config(plain) == of_config({**plain, "scaling_factor": 0.18215}) == SD
    assert of_config({**plain, "scaling_factor": 0.13025}) == XL
    assert of_config({**plain, "scaling_factor": 1.0}) == of_config({**plain, "latent_channels": 16}) == ""
    assert of_config({"block_out_channels": [1, 2, 3, 4, 5]}) == ""
    assert catalog.load(catalog.locate("tiny-sd"), "cpu").facts.latents == SD
    assert catalog.load(catalog.locate("builtin"), "cpu").facts.latents == ""


def test_a_vae_of_the_other_family_is_refused_where_it_says_so_and_warned_of_where_its_name_does(tmp_path, caplog):
    folder = checkpoints.configuration(tmp_path / "small")
    networks = checkpoints.networks(folder)
    model, vae = tmp_path / "model.safetensors", tmp_path / "sdxl_vae.safetensors"
    save_file(checkpoints.ldm_tensors(*networks), model)
    tensors = {key: value.contiguous() for key, value in networks[1].state_dict().items()}

    def load():
        return load_single_file(model, "m", torch.device("cpu"), torch.float32, folder, vae=vae)

    save_file(tensors, vae)
    assert load().facts.latents == SD
    assert f"{vae} is for latents of SDXL (its name says so), the model's are those of SD 1.x and SD 2.x" in caplog.text
    save_file(tensors, vae, {"modelspec.architecture": "stable-diffusion-xl-v1-base"})
    with pytest.raises(ModelError, match=r"modelspec\.architecture in its header says so.*other colours"):
        load()
    with pytest.raises(ModelError, match=r"is for latents of SDXL"):  # before anything is loaded
        catalog.check(catalog.with_vae(catalog.locate("tiny-sd"), str(vae)))
