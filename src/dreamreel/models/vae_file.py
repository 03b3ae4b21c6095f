"""A VAE of its own, instead of the one in a checkpoint: a file under CompVis' or diffusers' names, or a folder.

Or a TAESD: under diffusers' names, or in two files as its author gives them.
"""

import logging
import re
from collections import ChainMap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from dreamreel.errors import ModelError
from dreamreel.models.latents import CHANNELS, LEVELS, check_latents, of_config, wrong
from dreamreel.models.layout import read_json
from dreamreel.models.ldm_keys import VAE, Names, diffusers_vae_names, vae_names
from dreamreel.models.networks.autoencoder_kl import AutoencoderKL
from dreamreel.models.networks.tiny_vae import AutoencoderTiny
from dreamreel.models.parts import taesd_files, weight_files
from dreamreel.models.recognise import check_preview_vae, recognise
from dreamreel.models.weights import build, read_weights

log = logging.getLogger(__name__)
# What a TAESD's configuration may say.
_TINY = {"act_fn": "relu", "upsample_fn": "nearest", "upsampling_scaling_factor": 2, "shift_factor": 0.0}
# A TAESD's weights: diffusers' names, ComfyUI's, and its author's, who has the halves in two files.
_TINY_NAME = re.compile(
    r"(?:taesd_)?(?:(?P<part>encoder|decoder)\.)?(?P<layers>layers\.)?(?P<number>\d+)\.(?P<rest>.+)"
)
# By the channels of their latents.
_FAMILIES = {4: "SD 1.x, SD 2.x or SDXL", 16: "SD 3, Flux or the like", 32: "Flux 2 or the like"}
_FIRST, _TINY_FIRST = "decoder.conv_in.weight", "decoder.layers.0.weight"
# What must be alike, so that its latents are those that the network draws.
_SHAPE = ("latent_channels", "block_out_channels")


def read_vae(path: Path, own: object) -> AutoencoderKL | AutoencoderTiny:
    """The autoencoder in path, in the place of a model's own.

    A file is taken for one of the same configuration. Raises ModelError if it is none, of another shape, or
    says that it is for another family's latents; a name alone that says so is warned of.
    """
    if not isinstance(own, AutoencoderKL):
        raise ModelError(f"{path}: the model has a {type(own).__name__}, which no VAE can replace")
    ours = vars(own.config)
    latents = of_config(ours)
    if (claim := check_latents(path, latents)) is not None:
        log.warning("%s: colours are wrong if that is right", wrong(path, claim, latents))
    if path.is_dir():
        said = read_json(path / "config.json")
        if said.get("_class_name") == AutoencoderTiny.__name__:
            return _tiny(said, _in_folder(path), path, ours)
        config = {**ours, **said}
        if any(_list(config[key]) != _list(ours[key]) for key in _SHAPE):
            raise ModelError(_other_latents(path, "VAE", config["latent_channels"], ours))
        tensors = _in_folder(path)
        return build(AutoencoderKL, config, tensors, str(path), names=_names(config))
    weights = read_weights(path)
    if recognise(path).kind == "taesd":
        return _tiny({}, _halves(path), path, ours)
    if not any(name.removeprefix(VAE).startswith(("encoder.", "decoder.")) for name in weights):
        raise ModelError(f"{path} is {recognise(path).title}, not a VAE")
    channels = next((each.shape[1] for name, each in weights.items() if name.endswith(_FIRST) and each.ndim == 4), None)
    if channels not in (None, ours["latent_channels"]):
        raise ModelError(_other_latents(path, "VAE", channels, ours))
    return build(AutoencoderKL, ours, weights, str(path), "the model's VAE", _names(ours))


def read_preview_vae(path: Path) -> AutoencoderTiny:
    """The TAESD in path, for previews of models with 4 channels of latents. Raises ModelError if it is none."""
    check_preview_vae(path)
    said = read_json(path / "config.json") if path.is_dir() else {}
    weights = _in_folder(path) if path.is_dir() else _halves(path)
    return _tiny(said, weights, path, {"latent_channels": CHANNELS, "block_out_channels": [0] * LEVELS})


def _tiny(
    config: Mapping[str, Any], weights: Mapping[str, Tensor], path: Path, ours: Mapping[str, Any]
) -> AutoencoderTiny:
    """A TAESD, whose latents are to be those of the model's own VAE (of the configuration ours)."""
    for key, wanted in _TINY.items():
        if config.get(key, wanted) != wanted:
            raise ModelError(f"{path}: {key} is {config[key]!r:.60}; dreamreel draws with {wanted}")
    first = weights.get(_TINY_FIRST)
    found = ours["latent_channels"] if first is None or first.ndim != 4 else first.shape[1]
    channels = config.get("latent_channels", found)
    if channels != ours["latent_channels"]:
        raise ModelError(_other_latents(path, "TAESD", channels, ours))
    made = build(AutoencoderTiny, config, weights, str(path), "a TAESD")
    if len(made.config.encoder_block_out_channels) != len(ours["block_out_channels"]):
        raise ModelError(_other_latents(path, "TAESD", channels, ours))
    return made


def _other_latents(path: Path, kind: str, channels: int, ours: Mapping[str, Any]) -> str:
    """What is wrong with an autoencoder of another family."""
    theirs, own = (
        f"{_FAMILIES.get(each, 'another family')} ({each} channels)" for each in (channels, ours["latent_channels"])
    )
    return f"{path} is a {kind} for latents of {theirs}; the model's are those of {own}, in its own shape"


def _in_folder(folder: Path) -> Mapping[str, Tensor]:
    """The weights in a folder, of all files together."""
    return ChainMap(*(read_weights(file) for file in weight_files(folder)))


def _halves(path: Path) -> dict[str, Tensor]:
    """A TAESD's weights under diffusers' names; of one that is half in path, the other half lies beside it.

    Raises ModelError if that is not there.
    """
    found: dict[str, Tensor] = {}
    for file in taesd_files(path):
        half = "decoder" if "decoder" in file.name.lower() else "encoder"
        for name, tensor in read_weights(file).items():
            if (known := _TINY_NAME.fullmatch(name)) is not None:
                part = known["part"] or half
                # Its author's decoder begins with a clamp, which has a number and no weights.
                number = int(known["number"]) - (part == "decoder" and not known["layers"])
                found[f"{part}.layers.{number}.{known['rest']}"] = tensor
    if len({name.partition(".")[0] for name in found}) != 2:
        raise ModelError(f"{path} is half a TAESD; put taesd_encoder and taesd_decoder beside each other and name one")
    return found


def _list(value: object) -> list[object]:
    """A configuration's value, of whatever kind of sequence."""
    return list(value) if isinstance(value, list | tuple) else [value]


def _names(config: Mapping[str, Any]) -> Names:
    """CompVis' names, with and without the prefix that they have in a checkpoint, and diffusers'."""
    ldm = vae_names(config)

    def names(key: str) -> Sequence[str]:
        whole = ldm(key)
        return (*whole, *(name.removeprefix(VAE) for name in whole), *diffusers_vae_names(key))

    return names
