"""ControlNets with random numbers, as diffusers makes them of a UNet, in each of the ways in which they are written."""

import re
from pathlib import Path

import torch
from safetensors.torch import save_file

from tests.checkpoints import UNET_NAMES, UNET_RESNET_NAMES, rename

NAMES = [
    (r"controlnet_cond_embedding\.conv_in", "input_hint_block.0"),
    (r"controlnet_cond_embedding\.blocks\.(\d)", lambda m: f"input_hint_block.{2 * int(m[1]) + 2}"),
    (r"controlnet_cond_embedding\.conv_out", "input_hint_block.14"),
    (r"controlnet_down_blocks\.(\d+)", r"zero_convs.\1.0"),
    (r"controlnet_mid_block", "middle_block_out.0"),
    (r"add_embedding\.linear_1", "label_emb.0.0"),
    (r"add_embedding\.linear_2", "label_emb.0.2"),
]
LAYOUTS = ("folder", "ldm", "ldm, bare names", "diffusers' names", "pth")


def of_unet(unet, seed=3):
    """diffusers' ControlNetModel of its UNet, with random weights where it has zeros. unet: diffusers' own."""
    from diffusers import ControlNetModel

    torch.manual_seed(seed)
    made = ControlNetModel.from_unet(unet)
    for name, weight in made.named_parameters():
        if weight.abs().max() == 0:
            torch.nn.init.normal_(weight, std=0.3 if "controlnet" in name else 0.02)
    return made.eval().requires_grad_(False)


def ldm_tensors(network, prefix="control_model."):
    tensors = {}
    for key, value in network.state_dict().items():
        name = rename(key, NAMES)
        if name == key:
            name = rename(key, [*UNET_NAMES, *([] if "transformer_blocks" in key else UNET_RESNET_NAMES)])
        tensors[prefix + name] = value.clone().contiguous()
    return tensors


def write(path: Path, network, layout="ldm") -> Path:
    """A ControlNet at path without its suffix. Gives where it lies."""
    if layout == "folder":
        network.save_pretrained(path)
        return path
    if layout == "diffusers' names":
        tensors = {key: value.clone().contiguous() for key, value in network.state_dict().items()}
    else:
        tensors = ldm_tensors(network, "" if "bare" in layout else "control_model.")
    if layout == "pth":
        torch.save(tensors, path.with_suffix(".pth"))
        return path.with_suffix(".pth")
    save_file(tensors, path.with_name(f"{re.sub('[.]safetensors$', '', path.name)}.safetensors"))
    return path.with_name(f"{path.name}.safetensors")


def write_own(folder: Path, unet, seed=0) -> None:
    """A ControlNet for a UNet of ours, with random weights, as a folder."""
    from dreamreel.models.networks.controlnet import ControlNetModel

    torch.manual_seed(seed)
    made = ControlNetModel.from_config(vars(unet.config))
    folder.mkdir()
    made.save_config(folder)
    save_file(made.state_dict(), folder / "diffusion_pytorch_model.safetensors")
