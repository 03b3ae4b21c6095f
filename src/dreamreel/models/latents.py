"""Whose latents an autoencoder was made for: SD 1.x and SD 2.x have the same, SDXL its own, in the same shape.

Another family's decode without an error, in wrong colours; so files, folders and their names are asked. No torch.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dreamreel.errors import ModelError
from dreamreel.models.headers import NoTensors, Tensors, read_names
from dreamreel.models.layout import read_json
from dreamreel.models.recognise import of_contents

SD, XL = "sd", "sdxl"
# Their channels, and the levels of their autoencoders: halvings of the picture and one more.
CHANNELS, LEVELS = 4, 4
TITLES = {SD: "SD 1.x and SD 2.x", XL: "SDXL"}
# The factor of latents that the autoencoder of each was published with, and how far another may be from it.
_SCALES, _CLOSE = {SD: 0.18215, XL: 0.13025}, 1e-4
# By what recognise.py calls a whole checkpoint.
OF_KINDS = {"sd1": SD, "sd2": SD, "sdxl": XL}
# A header's modelspec.architecture begins with it (github.com/Stability-AI/ModelSpec).
_ARCHITECTURES = (("stable-diffusion-xl", XL), ("stable-diffusion-v1", SD), ("stable-diffusion-v2", SD))
# TAESD's author calls that of SD 1.x `taesd` and that of SDXL `taesdxl`. SDXL's pattern goes first.
_NAMES = (
    (XL, r"sd[-_ ]?xl|xl(?![a-z])|(?<![a-z])(pony|illustrious)(?![a-z])"),
    (
        SD,
        r"taesd(?![a-z0-9])|(?<![a-z])sd[-_ ]?v?[12][-_. ]?\d?(?!\d)|(?<![a-z0-9])v[12][-_. ][0-5]"
        r"|vae[-_]ft[-_](mse|ema)",
    ),
)


@dataclass(frozen=True)
class Said:
    """Whose latents: SD or XL. by: what says it, in words. is_firm: not a mere name."""

    latents: str
    by: str
    is_firm: bool = True


def of_config(config: Mapping[str, Any]) -> str:
    """SD or XL by the configuration of a model's autoencoder, with diffusers' defaults; empty for another one."""
    shape = config.get("latent_channels", 4), len(config.get("block_out_channels", ()))
    return _of_scale(config.get("scaling_factor", _SCALES[SD])) if shape == (CHANNELS, LEVELS) else ""


def _of_scale(factor: object) -> str:
    if not isinstance(factor, int | float):
        return ""
    return next((latents for latents, scale in _SCALES.items() if abs(factor - scale) < _CLOSE), "")


def said_latents(path: Path) -> Said | None:
    """What the autoencoder in path, a file or a folder, says of its latents; None if it says nothing.

    Raises ModelError if it cannot be read.
    """
    return (_in_config(path) if path.is_dir() else _in_header(path)) or _in_names(path)


def check_latents(vae: Path, own: str) -> Said | None:
    """What vae says where that is another than own (SD, XL or empty), and a name alone says it; None if all is well.

    Raises ModelError if more than a name says so.
    """
    said = said_latents(vae)
    if said is None or not own or said.latents == own:
        return None
    if said.is_firm:
        raise ModelError(f"{wrong(vae, said, own)}; they have the same shape and other colours")
    return said


def wrong(vae: Path, said: Said, own: str) -> str:
    """The sentence, without an end, that says how the VAE and the model's latents are at odds."""
    return f"{vae} is for latents of {TITLES[said.latents]} ({said.by} says so), the model's are those of {TITLES[own]}"


def _in_config(folder: Path) -> Said | None:
    path = folder / "config.json"
    config = read_json(path) if path.is_file() else {}
    if latents := _of_scale(config.get("scaling_factor")):
        return Said(latents, f"scaling_factor in its {path.name}")
    return _named(str(config.get("_name_or_path", "")), f"_name_or_path in its {path.name}")


def _in_header(path: Path) -> Said | None:
    found = read_names(path)
    if isinstance(found, NoTensors):
        return None
    if latents := OF_KINDS.get(of_contents(found).kind):
        return Said(latents, "the UNet in it")
    return _in_metadata(found)


def _in_metadata(found: Tensors) -> Said | None:
    architecture = found.metadata.get("modelspec.architecture", "").lower()
    for beginning, latents in _ARCHITECTURES:
        if architecture.startswith(beginning):
            return Said(latents, "modelspec.architecture in its header")
    return _named(found.metadata.get("modelspec.title", ""), "the title in its header")


def _in_names(path: Path) -> Said | None:
    """By its own name, or its folder's; in the hub's cache the model's stands two folders above a snapshot."""
    above = path.absolute().parents
    hub = [each.name for each in above[:3] if each.name.startswith("models--")]
    named = [(path.name, "its name"), (above[0].name, "its folder's name"), *((name, "its hub id") for name in hub)]
    return next((said for name, by in named if (said := _named(name, by)) is not None), None)


def _named(name: str, by: str) -> Said | None:
    text = name.lower()
    return next((Said(latents, by, is_firm=False) for latents, pattern in _NAMES if re.search(pattern, text)), None)
