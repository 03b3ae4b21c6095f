"""ControlNets read into memory, beside the model that they lead."""

from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from dreamreel.errors import ModelError
from dreamreel.models.adapters.controlnet_library import ControlNetFile, shipped_config
from dreamreel.models.ldm_keys import controlnet_names
from dreamreel.models.networks.controlnet import ControlNetModel
from dreamreel.models.networks.unet import fast_layout
from dreamreel.models.weights import build, check_precision, read_weights


@dataclass(frozen=True, eq=False)
class LoadedControlNet:
    """A ControlNet on its device. stamp: its files as they were read (ControlNetFile.stamp)."""

    network: ControlNetModel
    stamp: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, eq=False)
class Controlled:
    """ControlNets that lead a pass. hints: (n, len(networks), 3, H, W), 0 to 1, and weights: (n, len(networks)).

    Both are those of each evaluation.
    """

    networks: Sequence[LoadedControlNet]
    hints: Tensor
    weights: Tensor


def load_controlnet(
    found: ControlNetFile, bases: Sequence[Mapping[str, Any]], device: torch.device, dtype: torch.dtype
) -> LoadedControlNet:
    """The ControlNet, ready to draw. bases: configurations of UNets, of which it is a copy of one.

    Raises ModelError if it is damaged or of another shape than its base.
    """
    where, stamp = str(found.files[0]), found.stamp
    if found.refused:
        raise ModelError(f"{where} is {found.refused}")
    tensors = ChainMap(*(read_weights(path) for path in found.files))
    config = found.config or _config(found, bases)
    standard = "its config.json" if found.config else f"a ControlNet for {found.base or 'its model'}"
    network = build(ControlNetModel, config, tensors, where, standard, controlnet_names(config))
    check_precision(network, dtype, where)
    network.to(device, dtype).eval().requires_grad_(False)
    network.to(memory_format=fast_layout(network))  # type: ignore[call-overload]
    return LoadedControlNet(network, stamp)


def _config(found: ControlNetFile, bases: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The configuration of a file alone: its base's, and what its own weights say. Raises ModelError."""
    base = next((each for each in bases if each.get("cross_attention_dim") == found.width), None)
    config = dict(base or shipped_config(found.width))
    if not config:
        raise ModelError(f"{found.files[0]} is a ControlNet for a model whose text is {found.width} numbers wide")
    levels = range(len(config["block_out_channels"]))
    attend = [_attends(found, config, f"down_blocks.{level}.attentions.0") for level in levels]
    config["down_block_types"] = ["CrossAttnDownBlock2D" if each else "DownBlock2D" for each in attend]
    if not _attends(found, config, "mid_block.attentions.0"):
        config["mid_block_type"] = "UNetMidBlock2D"
    return config


def _attends(found: ControlNetFile, config: Mapping[str, Any], path: str) -> bool:
    """Whether a file has a transformer at path, under whichever names."""
    return any(name in found.shapes for name in controlnet_names(config)(f"{path}.norm.weight"))
