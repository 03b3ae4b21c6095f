"""A diffusers folder (model_index.json beside unet/, vae/, text_encoder/, tokenizer/) -> a bundle."""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from dreamreel.errors import ModelError
from dreamreel.models.bundle import ModelFacts
from dreamreel.models.diffusers_bundle import DiffusersBundle, Modules
from dreamreel.models.layout import (
    check_folder,
    check_hashes,
    latent_factor,
    read_card,
    read_defaults,
    read_json,
)
from dreamreel.models.libraries import first_line, quiet_libraries
from dreamreel.models.noising import alphas_cumprod
from dreamreel.models.vocabulary import read_vocabulary


def load_diffusers_dir(folder: Path, name: str, device: torch.device, dtype: torch.dtype) -> DiffusersBundle:
    """The model in folder, offline. name: as the user gave it.

    Raises ModelError if a part is missing, damaged or of an architecture other than SD 1.x.
    """
    check_folder(folder)
    card = read_card(folder)
    check_hashes(folder, card)
    modules = _load_modules(folder).to(device, dtype)
    scheduler = read_json(folder / "scheduler" / "scheduler_config.json")
    facts = ModelFacts(
        name=name,
        title=card.get("title", folder.name),
        latent_channels=modules.unet.config.in_channels,
        latent_factor=latent_factor(modules.vae.config),
        alphas_cumprod=alphas_cumprod(scheduler),
        device=str(device),
        precision=str(dtype).removeprefix("torch."),
        defaults=read_defaults(folder),
        prediction=scheduler.get("prediction_type", "epsilon"),
    )
    return DiffusersBundle(modules, facts, read_vocabulary(card))


def _load_modules(folder: Path) -> Modules:
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
    from transformers.models.clip.modeling_clip import CLIPTextModel
    from transformers.models.clip.tokenization_clip import CLIPTokenizer

    quiet_libraries()
    try:
        return Modules(
            tokenizer=CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True),
            text_encoder=_load_text_encoder(CLIPTextModel, folder / "text_encoder"),
            unet=_load_network(UNet2DConditionModel, folder / "unet"),
            vae=_load_network(_vae_class(folder), folder / "vae"),
        )
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, EOFError, SafetensorError) as error:
        raise ModelError(f"{folder} cannot be loaded: {first_line(error)}") from error


def _vae_class(folder: Path) -> Any:
    kind = read_json(folder / "model_index.json")["vae"][1]
    if kind == "PatchVAE":
        from dreamreel.models.patch_vae import PatchVAE

        return PatchVAE
    if kind == "AnchoredVAE":
        from dreamreel.models.anchored_vae import AnchoredVAE

        return AnchoredVAE
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

    return AutoencoderKL


def _load_text_encoder(kind: Any, folder: Path) -> Any:
    network, report = kind.from_pretrained(
        folder, local_files_only=True, dtype=torch.float32, variant=_variant(folder), output_loading_info=True
    )
    return _complete(network, folder, report)


def _load_network(kind: Any, folder: Path) -> Any:
    network, report = kind.from_pretrained(
        folder,
        local_files_only=True,
        low_cpu_mem_usage=False,
        variant=_variant(folder),
        output_loading_info=True,
    )
    return _complete(network, folder, report)


def _complete(network: Any, folder: Path, report: dict[str, Any]) -> Any:
    if report["missing_keys"]:
        raise ValueError(f"{folder.name} has no weights for {min(report['missing_keys'])}")
    return network


def _variant(folder: Path) -> str | None:
    """`fp16` if the folder has weights in half precision only."""
    weights = [file.name for file in folder.glob("*") if file.suffix in (".safetensors", ".bin")]
    halves = [".fp16." in name or ".fp16-" in name for name in weights]  # the latter is one of several parts
    return "fp16" if weights and all(halves) else None
