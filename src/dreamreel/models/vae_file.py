"""A VAE of its own, instead of the one in a checkpoint: a file under CompVis' or diffusers' names, or a folder."""

from collections import ChainMap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dreamreel.errors import ModelError
from dreamreel.models.layout import read_json
from dreamreel.models.ldm_keys import VAE, Names, diffusers_vae_names, vae_names
from dreamreel.models.networks.autoencoder_kl import AutoencoderKL
from dreamreel.models.parts import weight_files
from dreamreel.models.recognise import recognise
from dreamreel.models.weights import build, read_weights

# What must be alike, so that its latents are those that the network draws.
_SHAPE = ("latent_channels", "block_out_channels")


def read_vae(path: Path, own: object) -> AutoencoderKL:
    """The autoencoder in path, in the place of a model's own.

    A file is taken for one of the same configuration. Raises ModelError if it is none, or of another shape.
    """
    if not isinstance(own, AutoencoderKL):
        raise ModelError(f"{path}: the model has a {type(own).__name__}, in whose place no other VAE fits")
    ours = vars(own.config)
    if path.is_dir():
        config = {**ours, **read_json(path / "config.json")}
        if any(_list(config[key]) != _list(ours[key]) for key in _SHAPE):
            raise ModelError(f"{path} is a VAE of other latents than the model's")
        tensors = ChainMap(*(read_weights(file) for file in weight_files(path)))
        return build(AutoencoderKL, config, tensors, str(path), names=_names(config))
    weights = read_weights(path)
    if not any(name.removeprefix(VAE).startswith(("encoder.", "decoder.")) for name in weights):
        raise ModelError(f"{path} is {recognise(path).title}, not a VAE")
    return build(AutoencoderKL, ours, weights, str(path), "the model's VAE", _names(ours))


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
