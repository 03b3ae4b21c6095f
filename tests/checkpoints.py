"""Small checkpoints in CompVis' layout, written under CompVis' key names from freshly made networks."""

import json
import re
from pathlib import Path

import torch

from dreamreel.models.catalog import locate

UNET_NAMES = [
    (r"time_embedding\.linear_1", "time_embed.0"),
    (r"time_embedding\.linear_2", "time_embed.2"),
    (r"^conv_in", "input_blocks.0.0"),
    (r"conv_norm_out", "out.0"),
    (r"^conv_out", "out.2"),
    (r"mid_block\.resnets\.0", "middle_block.0"),
    (r"mid_block\.attentions\.0", "middle_block.1"),
    (r"mid_block\.resnets\.1", "middle_block.2"),
    (r"down_blocks\.(\d)\.resnets\.(\d)", lambda m: f"input_blocks.{3 * int(m[1]) + int(m[2]) + 1}.0"),
    (r"down_blocks\.(\d)\.attentions\.(\d)", lambda m: f"input_blocks.{3 * int(m[1]) + int(m[2]) + 1}.1"),
    (r"down_blocks\.(\d)\.downsamplers\.0\.conv", lambda m: f"input_blocks.{3 * int(m[1]) + 3}.0.op"),
    (r"up_blocks\.(\d)\.resnets\.(\d)", lambda m: f"output_blocks.{3 * int(m[1]) + int(m[2])}.0"),
    (r"up_blocks\.(\d)\.attentions\.(\d)", lambda m: f"output_blocks.{3 * int(m[1]) + int(m[2])}.1"),
    (r"up_blocks\.0\.upsamplers\.0", "output_blocks.2.1"),
    (r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"output_blocks.{3 * int(m[1]) + 2}.2"),
]
UNET_RESNET_NAMES = [
    (r"\bnorm1\b", "in_layers.0"),
    (r"\bconv1\b", "in_layers.2"),
    (r"\btime_emb_proj\b", "emb_layers.1"),
    (r"\bnorm2\b", "out_layers.0"),
    (r"\bconv2\b", "out_layers.3"),
    (r"\bconv_shortcut\b", "skip_connection"),
]
VAE_NAMES = [
    (r"down_blocks\.(\d)\.resnets\.(\d)", r"down.\1.block.\2"),
    (r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample"),
    (r"up_blocks\.(\d)\.resnets\.(\d)", lambda m: f"up.{3 - int(m[1])}.block.{m[2]}"),
    (r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{3 - int(m[1])}.upsample"),
    (r"mid_block\.resnets\.0", "mid.block_1"),
    (r"mid_block\.resnets\.1", "mid.block_2"),
    (r"mid_block\.attentions\.0\.group_norm", "mid.attn_1.norm"),
    (r"mid_block\.attentions\.0\.to_(q|k|v)", r"mid.attn_1.\1"),
    (r"mid_block\.attentions\.0\.to_out\.0", "mid.attn_1.proj_out"),
    (r"conv_norm_out", "norm_out"),
    (r"conv_shortcut", "nin_shortcut"),
]


def rename(key, names):
    for pattern, replacement in names:
        key = re.sub(pattern, replacement, key)
    return key


def configuration(folder: Path) -> Path:
    """A diffusers folder without weights: SD 1.x in shape, a hundredth of its width."""
    shipped = locate("tiny-sd").path.parent / "sd1"
    changes = {
        "unet": {
            "block_out_channels": [8, 8, 16, 16],
            "cross_attention_dim": 32,
            "norm_num_groups": 4,
            "attention_head_dim": 2,
        },
        "vae": {"block_out_channels": [4, 8, 8, 8], "norm_num_groups": 4},
        "text_encoder": {
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
        },
        "scheduler": {},
    }
    for part, change in changes.items():
        (folder / part).mkdir(parents=True)
        name = "scheduler_config.json" if part == "scheduler" else "config.json"
        config = json.loads((shipped / part / name).read_text())
        (folder / part / name).write_text(json.dumps({**config, **change}))
    (folder / "tokenizer").symlink_to(shipped / "tokenizer")
    (folder / "model_index.json").write_text((shipped / "model_index.json").read_text())
    return folder


def networks(folder: Path, seed=0):
    """(unet, vae, text_encoder) of the configuration, with random weights."""
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(seed)
    unet = UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(folder / "unet"))
    vae = AutoencoderKL.from_config(AutoencoderKL.load_config(folder / "vae"))
    return unet, vae, CLIPTextModel(CLIPTextConfig.from_pretrained(folder / "text_encoder"))


def with_weights(folder: Path) -> Path:
    """A diffusers folder of the same shape, with random weights."""
    configuration(folder)
    for part, network in zip(("unet", "vae", "text_encoder"), networks(folder), strict=True):
        network.save_pretrained(folder / part)
    return folder


def ldm_tensors(unet, vae, text_encoder) -> dict[str, torch.Tensor]:
    """The networks' weights under CompVis' names, as in an SD 1.x checkpoint."""
    tensors = {}
    for key, value in unet.state_dict().items():
        names = [*UNET_NAMES, *([] if "transformer_blocks" in key else UNET_RESNET_NAMES)]
        tensors["model.diffusion_model." + rename(key, names)] = value
    for key, value in vae.state_dict().items():
        name = rename(key, VAE_NAMES)
        linear = re.search(r"attn_1\.(q|k|v|proj_out)\.weight", name)
        tensors["first_stage_model." + name] = value[:, :, None, None] if linear else value
    for key, value in text_encoder.state_dict().items():
        tensors["cond_stage_model.transformer.text_model." + key] = value
    return {key: value.clone().contiguous() for key, value in tensors.items()}
