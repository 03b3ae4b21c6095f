import json
import zipfile

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from dreamreel.cli.main import app
from dreamreel.errors import ModelError
from dreamreel.models import catalog
from dreamreel.models.recognise import recognise

FIRST = "model.diffusion_model.input_blocks.0.0.weight"
KEYS = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
VAE = {"first_stage_model.encoder.down.0.block.0.conv1.weight": (1,)}
TEXT = {"cond_stage_model.transformer.text_model.embeddings.token_embedding.weight": (1, 768)}
KOHYA = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
LAYER = "down_blocks.0.attentions.0.transformer_blocks.0.attn2"


def whole(width=768, channels=4, **more):
    return {FIRST: (1, channels, 3, 3), KEYS: (1, width), **VAE, **TEXT, **more}


XL_TEXTS = {"conditioner.embedders.0.transformer.x": (1,), "conditioner.embedders.1.model.x": (1,)}
KINDS = [
    (whole(), "sd1", "an SD 1.x checkpoint"),
    ({**whole(), "lora_unet_x.alpha": (1,)}, "sd1", "an SD 1.x checkpoint"),
    *(
        (whole(**{stray: (1, 768)}), "sd1", "an SD 1.x checkpoint")
        for stray in ("emb_params", "string_to_param.*", "ip_adapter.x", "control_model.x")
    ),
    (whole(**{"control_model.input_hint_block.0.weight": (1,)}), "controlnet", "a ControlNet (ldm)"),
    ({**VAE, **TEXT}, "no_unet", "a Stable Diffusion checkpoint whose UNet is missing"),
    ({**TEXT, "diffusion_model.x": (1,), **VAE}, "no_unet", "a Stable Diffusion checkpoint whose UNet is missing"),
    (whole(1024), "incomplete", "an SD 2.x checkpoint without its text encoder"),
    (whole(1024, **{"cond_stage_model.model.ln_final.weight": (1,)}), "sd2", "an SD 2.x checkpoint"),
    (whole(2048, **XL_TEXTS), "sdxl", "an SDXL checkpoint"),
    (whole(2048, **{"conditioner.embedders.1.model.x": (1,)}), "incomplete", "an SDXL checkpoint without both text"),
    ({FIRST: (1, 4, 3, 3), KEYS: (1, 2048), **XL_TEXTS}, "incomplete", "an SDXL checkpoint without a VAE"),
    ({FIRST: (1, 4, 3, 3), KEYS: (1, 2048)}, "sdxl", "a bare UNet of SDXL"),
    (whole(1280, **{"conditioner.embedders.0.model.x": (1,)}), "sdxl_refiner", "an SDXL refiner"),
    ({"model.diffusion_model.joint_blocks.0.x": (1,)}, "sd3", "an SD 3 checkpoint"),
    ({"model.diffusion_model.double_blocks.0.img_attn.qkv.weight": (1,)}, "flux", "a Flux checkpoint"),
    ({"single_transformer_blocks.0.attn.to_k.weight": (1,)}, "flux", "a Flux checkpoint"),
    ({"adaln_single.linear.weight": (1,)}, "other_transformer", "another diffusion transformer"),
    (whole(2048, **XL_TEXTS, edm_mean=(4,)), "edm", "an EDM checkpoint (SDXL, such as Playground v2.5)"),
    (whole(2048, **XL_TEXTS, **{"edm_vpred.sigma_max": (1,)}), "edm", "an EDM checkpoint (SDXL"),
    (whole(channels=9), "inpainting", "an inpainting checkpoint (SD 1.x)"),
    (whole(channels=8), "instruct_pix2pix", "an instruct-pix2pix checkpoint (SD 1.x)"),
    (whole(2048, 9, **{"conditioner.embedders.0.x": (1,)}), "inpainting", "an inpainting checkpoint (SDXL)"),
    (
        whole(2048, 8, **{"conditioner.embedders.0.x": (1,)}),
        "instruct_pix2pix",
        "an instruct-pix2pix checkpoint (SDXL)",
    ),
    (
        {"time_embedding.cond_proj.weight": (1,), LAYER + ".to_k.weight": (1, 768)},
        "unet",
        "a bare UNet (SD 1.x, diffusers names)",
    ),
    ({KOHYA + ".lora_down.weight": (4, 768)}, "lora", "a LoRA for SD 1.x (kohya)"),
    ({KOHYA + ".lora_down.weight": (4, 2048)}, "lora", "a LoRA for SDXL (kohya)"),
    ({f"unet.{LAYER}.to_k.lora_A.weight": (4, 768)}, "lora", "a LoRA for SD 1.x (diffusers)"),
    (
        {f"unet.{LAYER}.processor.to_k_lora.down.weight": (4, 768)},
        "lora",
        "a LoRA for SD 1.x (diffusers, old names)",
    ),
    ({f"base_model.model.{LAYER}.to_k.lora_A.weight": (4, 768)}, "lora", "a LoRA for SD 1.x (PEFT)"),
    (
        {"lora_unet_down_blocks_0_resnets_0_conv1.lora_down.weight": (4, 8, 3, 3)}
        | {KOHYA + ".lora_down.weight": (4, 768)},
        "lora",
        "a LoRA for SD 1.x (LyCORIS LoCon)",
    ),
    (
        {KOHYA + ".hada_w1_a": (320, 4), KOHYA + ".hada_w1_b": (4, 2048)},
        "lora",
        "a LoRA for SDXL (LyCORIS LoHa)",
    ),
    ({KOHYA + ".lokr_w1": (8, 16), KOHYA + ".lokr_w2": (40, 48)}, "lora", "a LoRA for SD 1.x (LyCORIS LoKr)"),
    ({"emb_params": (2, 768)}, "textual_inversion", "a textual inversion embedding for SD 1.x"),
    ({"clip_l": (2, 768), "clip_g": (2, 1280)}, "textual_inversion", "a textual inversion embedding for SDXL"),
    ({"control_model.input_hint_block.0.weight": (1,)}, "controlnet", "a ControlNet (ldm)"),
    ({"lora_controlnet": (1,), "zero_convs.0.0.up": (1,)}, "control_lora", "a Control-LoRA"),
    ({"task_embedding": (6, 320), "zero_convs.0.0.weight": (1,)}, "controlnet", "a ControlNet Union"),
    (
        {"controlnet_cond_embedding.conv_in.weight": (1,), LAYER + ".to_k.weight": (1, 768)},
        "controlnet",
        "a ControlNet (diffusers)",
    ),
    (
        {"controlnet_blocks.0.weight": (1,), "transformer_blocks.0.attn.add_k_proj.weight": (1,)},
        "controlnet",
        "a ControlNet of a transformer (SD 3, Flux or the like)",
    ),
    (
        {"diffusion_model.blocks.0.cross_attn.k.lora_A.weight": (1,)},
        "lora",
        "a LoRA for a diffusion transformer (PEFT)",
    ),
    ({"lora_unet_joint_blocks_0_x.lora_up.weight": (1,)}, "lora", "a LoRA for a diffusion transformer (kohya)"),
    ({"body.0.block1.weight": (1,)}, "t2i_adapter", "a T2I-Adapter"),
    ({"image_proj.proj.weight": (1,), "ip_adapter.1.to_k_ip.weight": (1,)}, "ip_adapter", "an IP-Adapter"),
    ({"down_blocks.0.motion_modules.0.temporal_transformer.x": (1,)}, "animatediff", "an AnimateDiff motion"),
    ({"encoder.down.0.block.0.conv1.weight": (1,)}, "vae", "a VAE (ldm names)"),
    ({"encoder.down_blocks.0.resnets.0.conv1.weight": (1,)}, "vae", "a VAE (diffusers names)"),
    ({"1.weight": (1,), "3.conv.0.weight": (1,)}, "taesd", "a TAESD"),
    ({"body.0.rdb1.conv1.weight": (1,)}, "upscaler", "an ESRGAN upscaler"),
    ({"text_model.embeddings.token_embedding.weight": (1, 768)}, "text_encoder", "a CLIP text encoder"),
    ({FIRST: (1, 4, 3, 3), KEYS: (1, 768)}, "unet", "a bare UNet (SD 1.x, ldm names)"),
    ({"conv_in.weight": (1, 4, 3, 3), LAYER + ".to_k.weight": (1, 768)}, "unet", "a bare UNet (SD 1.x, diffusers"),
    ({FIRST: (1, 4, 3, 3), KEYS: (1, 768), **TEXT}, "incomplete", "an SD 1.x checkpoint without a VAE"),
    (
        {
            "model_ema.diffusion_modelinput_blocks00weight": (1, 4, 3, 3),
            "model_ema.diffusion_modelinput_blocks11transformer_blocks0attn2to_kweight": (1, 768),
            **VAE,
            **TEXT,
        },
        "sd1",
        "an SD 1.x checkpoint",
    ),
    ({"something.else": (1,)}, "unknown", "a file of tensors that are none of the kinds"),
]


def write(path, shapes, metadata=None):
    save_file({key: np.zeros(shape, np.float16) for key, shape in shapes.items()}, path, metadata)
    return path


@pytest.mark.parametrize(("shapes", "kind", "title"), KINDS)
def test_a_safetensors_file_is_named_and_drawn_with_only_if_it_can_be(tmp_path, shapes, kind, title):
    path = write(tmp_path / "a.safetensors", shapes)
    found = recognise(path)
    assert (found.kind, found.title[: len(title)]) == (kind, title)
    assert found.can_draw == (kind in ("sd1", "sd2", "sdxl") and "bare" not in title)
    assert found.advice
    if found.can_draw:
        catalog.check(catalog.locate(str(path)))
    else:
        with pytest.raises(ModelError) as caught:
            catalog.check(catalog.locate(str(path)))
        assert str(caught.value) == found.refusal(path)


@pytest.mark.parametrize(
    ("content", "kind", "title"),
    [
        (
            {"string_to_token": {"*": torch.tensor(265)}, "string_to_param": {"*": torch.zeros(2, 768)}},
            "textual_inversion",
            "a textual inversion embedding for SD 1.x",
        ),
        ({320: ({"linear.0.weight": torch.zeros(2, 2)}, {}), "name": "h"}, "hypernetwork", "a hypernetwork"),
        ({"state_dict": {key: torch.zeros(shape) for key, shape in whole().items()}}, "sd1", "an SD 1.x checkpoint"),
        ({"params_ema": {"body.0.rdb1.conv1.weight": torch.zeros(1)}}, "upscaler", "an ESRGAN upscaler"),
        ({"image_proj": {"x": torch.zeros(1)}, "ip_adapter": {"1.to_k_ip.weight": torch.zeros(1)}}, "ip_adapter", ""),
    ],
)
def test_a_pickled_file_is_named(tmp_path, content, kind, title):
    torch.save(content, tmp_path / "a.pt")
    found = recognise(tmp_path / "a.pt")
    assert (found.kind, found.title[: len(title)]) == (kind, title)


def test_a_pickled_embedding_is_refused_by_its_name_where_a_model_is_loaded(tmp_path):
    from dreamreel.models.single_file import read_checkpoint

    torch.save({"string_to_param": {"*": torch.zeros(2, 768)}}, tmp_path / "a.ckpt")
    with pytest.raises(ModelError, match="is a textual inversion embedding"):
        read_checkpoint(tmp_path / "a.ckpt")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 4\n", "git_lfs_pointer"),
        (b"<!DOCTYPE html><html>", "web_page"),
        (b"\n <html>", "web_page"),
        (b"GGUF\x03\x00\x00\x00", "gguf"),
        (b"\x08\x07\x12\x07pytorch", "onnx"),
        (b"PK\x03\x04", "truncated"),
        (b"\x89PNG\r\n", "picture"),
        (b"words " * 9, "unknown"),
        (b"\x09\x00\x00\x00\x00\x00\x00\x00{not json", "damaged"),
    ],
)
@pytest.mark.parametrize("name", ["a.safetensors", "a.ckpt"])
def test_what_is_no_checkpoint_is_named_by_its_first_bytes(tmp_path, content, kind, name):
    (tmp_path / name).write_bytes(content)
    found = recognise(tmp_path / name)
    assert (found.kind, found.can_draw) == (kind, False)
    with pytest.raises(ModelError, match="cannot be read as a checkpoint") as caught:
        catalog.check(catalog.locate(str(tmp_path / name)))
    assert found.title in str(caught.value)


def test_a_truncated_safetensors_file_says_how_many_bytes_are_missing(tmp_path):
    path = write(tmp_path / "a.safetensors", whole())
    whole_file = path.read_bytes()
    path.write_bytes(whole_file[:-100])
    assert f"100 of its {len(whole_file)} bytes are missing" in recognise(path).title
    path.write_bytes(whole_file[:50])
    assert recognise(path).kind == "truncated"


def test_a_zip_of_something_else_is_no_checkpoint(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.ckpt", "w") as archive:
        archive.writestr("readme.txt", "words")
    assert recognise(tmp_path / "a.ckpt").kind == "zip"


def test_a_checkpoint_that_predicts_v_says_so(tmp_path):
    path = write(tmp_path / "a.safetensors", whole(1024), {"modelspec.prediction_type": "v"})
    assert "predicts v" in recognise(path).details


def test_folders_are_named(tmp_path):
    assert recognise(catalog.locate("tiny-sd").path).can_draw
    assert recognise(tmp_path).kind == "unknown"
    (tmp_path / "config.json").write_text(json.dumps({"_class_name": "ControlNetModel"}))
    assert recognise(tmp_path).title == "a ControlNet (diffusers), in a folder"
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": "StableDiffusionXLPipeline"}))
    assert recognise(tmp_path).kind == "sdxl"
    for name, kind in (("Inpaint", "inpainting"), ("InstructPix2Pix", "instruct_pix2pix")):
        (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": f"StableDiffusionXL{name}Pipeline"}))
        assert recognise(tmp_path).kind == kind


def test_inspect_prints_what_a_file_is_and_exits_with_0_only_if_it_is_known(tmp_path):
    from typer.testing import CliRunner

    lora = write(tmp_path / "a.safetensors", {KOHYA + ".lora_down.weight": (4, 768)})
    ran = CliRunner().invoke(app, ["models", "inspect", str(lora)])
    assert ran.exit_code == 0
    assert f"{lora} is a LoRA for SD 1.x (kohya)" in ran.stdout
    ran = CliRunner().invoke(app, ["models", "inspect", str(lora), "--json"])
    assert json.loads(ran.stdout)["kind"] == "lora"
    (tmp_path / "words.txt").write_text("words")
    assert CliRunner().invoke(app, ["models", "inspect", str(tmp_path / "words.txt")]).exit_code == 2
    assert CliRunner().invoke(app, ["models", "inspect", str(tmp_path / "gone")]).exit_code == 2
