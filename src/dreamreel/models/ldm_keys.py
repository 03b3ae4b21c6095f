"""What checkpoint files call the weights that diffusers names: CompVis' ldm first, then others who write such files.

Each function gives, for a key of one of our networks, the names that a file may have for it; the first is the usual.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

Names = Callable[[str], Sequence[str]]

UNET, VAE, TEXT, EMA = "model.diffusion_model.", "first_stage_model.", "cond_stage_model.transformer.", "model_ema."
CONTROL = "control_model."
SD2_TEXT = "cond_stage_model.model."
XL_TEXT, XL_TEXT_2 = "conditioner.embedders.0.transformer.", "conditioner.embedders.1.model."
_OPEN_CLIP = {
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "attn.out_proj": "self_attn.out_proj",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}
_UNET_PARTS = (
    ("time_embedding.linear_1.", "time_embed.0."),
    ("time_embedding.linear_2.", "time_embed.2."),
    ("time_embedding.cond_proj.", "time_embed.cond_proj."),
    ("add_embedding.linear_1.", "label_emb.0.0."),
    ("add_embedding.linear_2.", "label_emb.0.2."),
    ("conv_in.", "input_blocks.0.0."),
    ("conv_norm_out.", "out.0."),
    ("conv_out.", "out.2."),
    ("mid_block.resnets.0.", "middle_block.0."),
    ("mid_block.attentions.0.", "middle_block.1."),
    ("mid_block.resnets.1.", "middle_block.2."),
)
_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
# A VAE's attention: CompVis' names, those of diffusers, and those of diffusers before 0.15.
_ATTENTION = {
    "to_q": ("q", "to_q", "query"),
    "to_k": ("k", "to_k", "key"),
    "to_v": ("v", "to_v", "value"),
    "to_out.0": ("proj_out", "to_out.0", "proj_attn", "to_out"),
    "group_norm": ("norm", "group_norm"),
}
_VAE_ATTENTION = re.compile(r"(encoder|decoder)\.mid_block\.attentions\.0\.(.+)\.(weight|bias)")


def unet_names(config: Mapping[str, Any], keys: Iterable[str]) -> Names:
    """For a UNet of diffusers' config in a file with these keys.

    A file that holds only the running average of the training (EMA) has it under names without dots.
    """
    layers = int(config["layers_per_block"])
    attends = {level for level, kind in enumerate(config["up_block_types"]) if "CrossAttn" in kind}
    averaged = not any(key.startswith(UNET) for key in keys)

    def names(key: str) -> Sequence[str]:
        name = _unet_name(key, layers, attends)
        return (f"{EMA}diffusion_model{name.replace('.', '')}" if averaged else UNET + name,)

    return names


def controlnet_names(config: Mapping[str, Any]) -> Names:
    """For a ControlNet of diffusers' config: CompVis' names with and without their prefix, and diffusers'."""
    layers = int(config.get("layers_per_block", 2))
    last = 4 * len(config.get("conditioning_embedding_out_channels") or (16, 32, 96, 256)) - 2

    def names(key: str) -> Sequence[str]:
        hint = "controlnet_cond_embedding."
        name = key.replace(f"{hint}conv_in.", "input_hint_block.0.").replace(
            "controlnet_mid_block.", "middle_block_out.0."
        )
        name = name.replace(f"{hint}conv_out.", f"input_hint_block.{last}.")
        name = re.sub(rf"^{hint}blocks\.(\d+)\.", lambda found: f"input_hint_block.{2 * int(found[1]) + 2}.", name)
        name = re.sub(r"^controlnet_down_blocks\.(\d+)\.", r"zero_convs.\1.0.", name)
        name = _unet_name(key, layers, set()) if name == key else name
        return CONTROL + name, name, key

    return names


def vae_names(config: Mapping[str, Any]) -> Names:
    """For an autoencoder of diffusers' config."""
    return partial(_vae_names, len(config["block_out_channels"]) - 1)


def text_names(key: str) -> Sequence[str]:
    """For CLIP's text encoder; some files lack `text_model.` in their names."""
    return f"{TEXT}text_model.{key}", TEXT + key


def xl_text_names(key: str) -> Sequence[str]:
    """For the first text encoder of SDXL."""
    return (f"{XL_TEXT}text_model.{key}", XL_TEXT + key)


def open_clip_tensors(tensors: "Mapping[str, Tensor]", prefix: str = XL_TEXT_2) -> "dict[str, Tensor]":
    """A text encoder of OpenCLIP, whose names in a file begin with prefix, under the names that CLIP's have here.

    Queries, keys and values are one tensor there, and the projection stands the other way round.
    """
    found: dict[str, Tensor] = {}
    for key, tensor in tensors.items():
        if not key.startswith(prefix):
            continue
        name = key.removeprefix(prefix)
        if (layer := re.fullmatch(r"transformer\.resblocks\.(\d+)\.(.+)\.?_?(weight|bias)", name)) is None:
            found |= _open_clip_rest(name, tensor)
            continue
        start, part, kind = f"encoder.layers.{layer[1]}.", layer[2].rstrip("._"), layer[3]
        if part == "attn.in_proj":
            for letter, share in zip("qkv", tensor.chunk(3), strict=True):
                found[f"{start}self_attn.{letter}_proj.{kind}"] = share
        elif part in _OPEN_CLIP:
            found[f"{start}{_OPEN_CLIP[part]}.{kind}"] = tensor
    return found


def _open_clip_rest(name: str, tensor: "Tensor") -> "dict[str, Tensor]":
    plain = {
        "token_embedding.weight": "embeddings.token_embedding.weight",
        "positional_embedding": "embeddings.position_embedding.weight",
        "ln_final.weight": "final_layer_norm.weight",
        "ln_final.bias": "final_layer_norm.bias",
    }
    if name == "text_projection":
        return {"text_projection.weight": tensor.T.contiguous()}
    return {plain.get(name, name): tensor}


def diffusers_vae_names(key: str) -> Sequence[str]:
    """For an autoencoder in a diffusers folder."""
    found = _VAE_ATTENTION.fullmatch(key)
    if not found:
        return (key,)
    return key, *(f"{found[1]}.mid_block.attentions.0.{name}.{found[3]}" for name in _ATTENTION[found[2]])


def _unet_name(key: str, layers: int, attends: set[int]) -> str:
    """layers: residual blocks a level. attends: levels up that have transformers."""
    for ours, theirs in _UNET_PARTS:
        if key.startswith(ours):
            key = theirs + key.removeprefix(ours)
            break
    else:
        key = _level_name(key, layers, attends)
    block, _, rest = key.rpartition(".")  # rest: weight or bias
    stem, _, part = block.rpartition(".")
    return f"{stem}.{_RESNET[part]}.{rest}" if part in _RESNET and "transformer" not in key else key


def _level_name(key: str, layers: int, attends: set[int]) -> str:
    found = re.fullmatch(r"(down|up)_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.*)", key)
    if not found:
        return key
    way, level, part, layer, rest = found[1], int(found[2]), found[3], int(found[4]), found[5]
    number = level * (layers + 1)
    if part == "downsamplers":
        return f"input_blocks.{number + layers + 1}.0.op.{rest.removeprefix('conv.')}"
    if part == "upsamplers":
        return f"output_blocks.{number + layers}.{1 + (level in attends)}.{rest}"
    block = f"input_blocks.{number + layer + 1}" if way == "down" else f"output_blocks.{number + layer}"
    return f"{block}.{int(part == 'attentions')}.{rest}"


def _vae_names(last: int, key: str) -> Sequence[str]:
    """last: number of the lowest level, from which diffusers counts on the way up."""
    if (attention := _VAE_ATTENTION.fullmatch(key)) is not None:
        part, kind, rest = attention.groups()
        return [
            f"{VAE}{part}.{block}.{name}.{rest}"
            for block in ("mid.attn_1", "mid_block.attentions.0")
            for name in _ATTENTION[kind]
        ]
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda found: f"mid.block_{int(found[1]) + 1}", key)
    name = re.sub(r"down_blocks\.(\d)\.resnets\.(\d)", r"down.\1.block.\2", name)
    name = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", name)
    name = re.sub(r"up_blocks\.(\d)\.resnets\.(\d)", lambda found: f"up.{last - int(found[1])}.block.{found[2]}", name)
    name = re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda found: f"up.{last - int(found[1])}.upsample", name)
    name = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    return VAE + name, VAE + key
