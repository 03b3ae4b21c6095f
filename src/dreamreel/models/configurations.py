"""What the config.json of a part may say, so that the networks here compute what diffusers and transformers would.

Read before any weight is. A key that is not here is either an argument of the network's constructor, and then any
value will do, or changes nothing that is drawn (dropout, force_upcast, the version of the library).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dreamreel.errors import ModelError

_UNET: dict[str, tuple[Any, ...]] = {
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "mid_block_type": ("UNetMidBlock2DCrossAttn",),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
    "act_fn": ("silu", "swish"),
    "resnet_time_scale_shift": ("default", "scale_shift"),
    "addition_embed_type": (None, "text", "text_time"),
    "time_embedding_type": ("positional",),
    "attention_type": ("default",),
    "mid_block_scale_factor": (1,),
    "resnet_out_scale_factor": (1,),
    "conv_in_kernel": (3,),
    "conv_out_kernel": (3,),
    **dict.fromkeys(
        ("center_input_sample", "class_embeddings_concat", "dual_cross_attention", "resnet_skip_time_act"), (False,)
    ),
    **dict.fromkeys(("only_cross_attention", "mid_block_only_cross_attention"), (False, None)),
    **dict.fromkeys(
        (
            "class_embed_type", "cross_attention_norm", "encoder_hid_dim", "encoder_hid_dim_type",
            "num_attention_heads", "num_class_embeds",
            "reverse_transformer_layers_per_block",
            "time_embedding_act_fn", "time_embedding_dim", "timestep_post_act",
        ),
        (None,),
    ),
}  # fmt: skip
_VAE: dict[str, tuple[Any, ...]] = {
    "act_fn": ("silu", "swish"),
    "down_block_types": ("DownEncoderBlock2D",),
    "up_block_types": ("UpDecoderBlock2D",),
    **dict.fromkeys(("latents_mean", "latents_std", "shift_factor"), (None,)),
}
_CONTROLNET: dict[str, tuple[Any, ...]] = {
    **{key: known for key, known in _UNET.items() if key != "up_block_types"},
    "mid_block_type": ("UNetMidBlock2DCrossAttn", "UNetMidBlock2D"),
    "controlnet_conditioning_channel_order": ("rgb", "bgr"),
    "conditioning_channels": (3,),
    "global_pool_conditions": (False,),
}
KNOWN: dict[str, dict[str, tuple[Any, ...]]] = {
    "UNet2DConditionModel": _UNET,
    "ControlNetModel": _CONTROLNET,
    "AutoencoderKL": _VAE,
    "CLIPTextModel": {"hidden_act": ("quick_gelu", "gelu")},
    "CLIPTextModelWithProjection": {"hidden_act": ("quick_gelu", "gelu")},
}


def check_configuration(kind: str, config: Mapping[str, Any], where: str) -> None:
    """Raises ModelError, beginning with where, for the first key that says what networks of kind here cannot do."""
    widths = config.get("block_out_channels", [64])
    if not isinstance(widths, list) or not widths or not all(isinstance(each, int) and each > 0 for each in widths):
        raise ModelError(f"{where}: block_out_channels is {widths!r:.60}, not a list of widths")
    for key, known in KNOWN.get(kind, {}).items():
        said = config.get(key, known[0])
        for each in said if isinstance(said, list) else [said]:
            if each not in known:
                raise ModelError(f"{where}: {key} is {each!r:.60}; dreamreel draws with {_listed(known)}")


def _listed(values: Sequence[object]) -> str:
    return " or ".join("none" if value is None else str(value) for value in values)


def kept_widths(widths: Sequence[int], layers: int) -> list[int]:
    """Channels of each thing that the way down of a UNet keeps, in order. widths, layers: of its levels."""
    each = [[width] * (layers + (level + 1 < len(widths))) for level, width in enumerate(widths)]
    return [widths[0], *(width for level in each for width in level)]
