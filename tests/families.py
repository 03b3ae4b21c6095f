"""Each family of models at a hundredth of its width, with random weights: diffusers' pipeline, folder and file."""

import json
import re
from pathlib import Path

import torch

from dreamreel.models.catalog import locate
from tests import checkpoints

SHIPPED = locate("tiny-sd").path.parent
CLIP = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4}
SD1_UNET = {"block_out_channels": [8, 8, 16, 16], "norm_num_groups": 4, "sample_size": 8}
VAE = {"block_out_channels": [4, 8, 8, 8], "norm_num_groups": 4}
CHANGES = {
    "sd1": {
        "unet": {**SD1_UNET, "cross_attention_dim": 32, "attention_head_dim": 2},
        "vae": VAE,
        "text_encoder": CLIP,
    },
    "sd2": {
        "unet": {**SD1_UNET, "cross_attention_dim": 32, "attention_head_dim": [1, 2, 4, 4]},
        "vae": VAE,
        "text_encoder": {**CLIP, "projection_dim": 32},
    },
    "sdxl": {
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
        "vae": VAE,
        "text_encoder": {**CLIP, "projection_dim": 32},
        "text_encoder_2": {**CLIP, "projection_dim": 24},
    },
}
LEVELS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


def configuration(family: str, folder: Path, **unet) -> Path:
    """A diffusers folder without weights. unet: further changes of the UNet's configuration."""
    shipped = SHIPPED / family
    for part, change in {**CHANGES[family], "scheduler": {}}.items():
        (folder / part).mkdir(parents=True)
        name = "scheduler_config.json" if part == "scheduler" else "config.json"
        config = json.loads((shipped / part / name).read_text())
        more = unet if part == "unet" else {}
        (folder / part / name).write_text(json.dumps({**config, **change, **more}))
    (folder / "tokenizer").symlink_to(SHIPPED / "sd1" / "tokenizer")
    (folder / "model_index.json").write_text((shipped / "model_index.json").read_text())
    return folder


def pipeline(family: str, folder: Path, **scheduler):
    """diffusers' pipeline of the configuration in folder. scheduler: of its Euler, beside LEVELS."""
    from diffusers import (
        AutoencoderKL,
        EulerDiscreteScheduler,
        StableDiffusionPipeline,
        StableDiffusionXLPipeline,
        UNet2DConditionModel,
    )
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

    torch.manual_seed(0)
    words = folder / "tokenizer"
    parts = {
        "vae": AutoencoderKL.from_config(AutoencoderKL.load_config(folder / "vae")),
        "unet": UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(folder / "unet")),
        "text_encoder": CLIPTextModel(CLIPTextConfig.from_pretrained(folder / "text_encoder")),
        "tokenizer": CLIPTokenizer.from_pretrained(words, **({"pad_token": "!"} if family == "sd2" else {})),
        "scheduler": EulerDiscreteScheduler(**LEVELS, **{"timestep_spacing": "linspace", **scheduler}),
    }
    if family == "sdxl":
        second = CLIPTextConfig.from_pretrained(folder / "text_encoder_2")
        parts["text_encoder_2"] = CLIPTextModelWithProjection(second)
        parts["tokenizer_2"] = CLIPTokenizer.from_pretrained(words, pad_token="!")
        made = StableDiffusionXLPipeline(**parts, add_watermarker=False)
    else:
        made = StableDiffusionPipeline(
            **parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False
        )
    for part in parts.values():
        if isinstance(part, torch.nn.Module):
            part.eval().requires_grad_(False)
    made.set_progress_bar_config(disable=True)
    return made


def ldm_tensors(family: str, made) -> dict[str, torch.Tensor]:
    """A pipeline's weights under the names of the family's own files: CompVis' and, for OpenCLIP's encoders, theirs."""
    first = checkpoints.ldm_tensors(made.unet, made.vae, made.text_encoder)
    if family == "sd1":
        return first
    if family == "sd2":
        start = "cond_stage_model."
        parts = {key: value for key, value in first.items() if not key.startswith(start)}
        parts |= _open_clip(made.text_encoder.state_dict(), f"{start}model.", "", CLIP["num_hidden_layers"])
        return {key: value.clone().contiguous() for key, value in parts.items()}
    renamed = {}
    for key, value in first.items():
        key = re.sub(r"add_embedding\.linear_(\d)", lambda found: f"label_emb.0.{2 * int(found[1]) - 2}", key)
        # Unlike SD 1.x, the lowest level attends on the way up, before it doubles.
        key = key.replace("output_blocks.2.1.conv.", "output_blocks.2.2.conv.")
        renamed[key.replace("cond_stage_model.", "conditioner.embedders.0.")] = value
    second = made.text_encoder_2.state_dict()
    renamed |= _open_clip(second, "conditioner.embedders.1.model.", "text_model.", CLIP["num_hidden_layers"])
    renamed["conditioner.embedders.1.model.text_projection"] = second["text_projection.weight"].T
    return {key: value.clone().contiguous() for key, value in renamed.items()}


def _open_clip(weights, start: str, prefix: str, layers: int) -> dict[str, torch.Tensor]:
    """CLIP's weights, whose names have that prefix, under OpenCLIP's names behind start."""
    named = {}
    for layer in range(layers):
        ours, theirs = f"{prefix}encoder.layers.{layer}.", f"{start}transformer.resblocks.{layer}."
        for kind in ("weight", "bias"):
            parts = [weights[f"{ours}self_attn.{letter}_proj.{kind}"] for letter in "qkv"]
            named[f"{theirs}attn.in_proj_{kind}"] = torch.cat(parts)
            names = {"self_attn.out_proj": "attn.out_proj", "layer_norm1": "ln_1", "layer_norm2": "ln_2"}
            for name, other in {**names, "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj"}.items():
                named[f"{theirs}{other}.{kind}"] = weights[f"{ours}{name}.{kind}"]
    for kind in ("weight", "bias"):
        named[f"{start}ln_final.{kind}"] = weights[f"{prefix}final_layer_norm.{kind}"]
    named[f"{start}token_embedding.weight"] = weights[f"{prefix}embeddings.token_embedding.weight"]
    named[f"{start}positional_embedding"] = weights[f"{prefix}embeddings.position_embedding.weight"]
    named[f"{start}logit_scale"] = torch.tensor(4.6)
    return named
