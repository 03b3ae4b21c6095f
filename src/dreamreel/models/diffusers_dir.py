"""A diffusers folder (model_index.json beside unet/, vae/, text_encoder/, tokenizer/) -> a bundle."""

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import torch

from dreamreel.models.anchored_vae import AnchoredVAE
from dreamreel.models.bundle import ModelFacts
from dreamreel.models.diffusers_bundle import DiffusersBundle, Modules
from dreamreel.models.latents import of_config
from dreamreel.models.layout import (
    check_folder,
    check_hashes,
    is_xl,
    latent_factor,
    read_card,
    read_json,
)
from dreamreel.models.ldm_keys import Names, diffusers_vae_names
from dreamreel.models.made_for import of_folder
from dreamreel.models.networks.autoencoder_kl import AutoencoderKL
from dreamreel.models.networks.clip_text import CLIPTextModel, CLIPTextModelWithProjection
from dreamreel.models.networks.configured import Network
from dreamreel.models.networks.unet import UNet2DConditionModel
from dreamreel.models.noising import alphas_cumprod
from dreamreel.models.parts import weight_files
from dreamreel.models.patch_vae import PatchVAE
from dreamreel.models.tokenizer import load_tokenizer
from dreamreel.models.vae_file import read_vae
from dreamreel.models.vocabulary import read_vocabulary
from dreamreel.models.weights import build, read_weights

Kind = TypeVar("Kind", bound=Network)
VAES: dict[str, type[Network]] = {kind.__name__: kind for kind in (AutoencoderKL, PatchVAE, AnchoredVAE)}


def load_diffusers_dir(
    folder: Path, name: str, device: torch.device, dtype: torch.dtype, vae: Path | None = None
) -> DiffusersBundle:
    """The model in folder, offline. name: as the user gave it. vae: where one lies that draws instead of its own.

    Raises ModelError if a part is missing, damaged or of an architecture other than SD 1.x, SD 2.x and SDXL.
    """
    check_folder(folder)
    card = read_card(folder)
    check_hashes(folder, card)
    parts = read_folder(folder)
    modules = (replace(parts, vae=read_vae(vae, parts.vae)) if vae else parts).to(device, dtype)
    scheduler = read_json(folder / "scheduler" / "scheduler_config.json")
    facts = ModelFacts(
        name=name,
        title=card.get("title", folder.name),
        latent_channels=modules.unet.config.in_channels,
        latent_factor=latent_factor(type(modules.vae).__name__, vars(modules.vae.config)),
        alphas_cumprod=alphas_cumprod(scheduler),
        device=str(device),
        precision=str(dtype).removeprefix("torch."),
        defaults=of_folder(folder),
        prediction=scheduler.get("prediction_type", "epsilon"),
        is_told=modules.unet.is_told,
        latents=of_config(vars(parts.vae.config)),
    )
    return DiffusersBundle(modules, facts, read_vocabulary(card))


def read_folder(folder: Path) -> Modules:
    """The model's parts as they lie in folder, every weight looked at. Raises ModelError."""
    text_encoder = _network(CLIPTextModel, folder / "text_encoder", _text_names)
    known, index = text_encoder.config, read_json(folder / "model_index.json")
    vae = _network(VAES[index["vae"][1]], folder / "vae", diffusers_vae_names)
    parts = Modules(
        tokenizer=load_tokenizer(folder / "tokenizer", known.max_position_embeddings, known.vocab_size),
        text_encoder=text_encoder,
        unet=_network(UNet2DConditionModel, folder / "unet"),
        vae=vae,
    )
    return _with_second(parts, folder, index) if is_xl(index) else parts


def _with_second(parts: Modules, folder: Path, index: Mapping[str, Any]) -> Modules:
    """SDXL's parts: those, and the second text encoder."""
    second = _network(CLIPTextModelWithProjection, folder / "text_encoder_2", _text_names)
    known = second.config
    return replace(
        parts,
        second_tokenizer=load_tokenizer(folder / "tokenizer_2", known.max_position_embeddings, known.vocab_size),
        second_text_encoder=second,
        empty_is_zero=bool(index.get("force_zeros_for_empty_prompt", True)),
        vae_overflows=bool(read_json(folder / "vae" / "config.json").get("force_upcast", True)),
    )


def _network(kind: type[Kind], folder: Path, names: Names = lambda key: (key,)) -> Kind:
    tensors = ChainMap(*(read_weights(path) for path in weight_files(folder)))
    return build(kind, read_json(folder / "config.json"), tensors, str(folder), names=names)


def _text_names(key: str) -> tuple[str, str]:
    """transformers 5 dropped the prefix that folders written by earlier versions have."""
    return key, f"text_model.{key}"
