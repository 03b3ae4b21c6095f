"""One SD 1.x, SD 2.x or SDXL checkpoint file in CompVis' layout (.safetensors or .ckpt) -> a bundle, offline."""

import logging
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dreamreel.errors import ModelError
from dreamreel.models.asking import predicts_v
from dreamreel.models.bundle import ModelFacts
from dreamreel.models.diffusers_bundle import DiffusersBundle, Modules
from dreamreel.models.headers import NoTensors, Tensors, read_names
from dreamreel.models.latents import of_config
from dreamreel.models.layout import Defaults, check_scheduler, latent_factor, read_json
from dreamreel.models.ldm_keys import (
    SD2_TEXT,
    UNET,
    VAE,
    XL_TEXT_2,
    Names,
    open_clip_tensors,
    text_names,
    unet_names,
    vae_names,
    xl_text_names,
)
from dreamreel.models.made_for import of_file
from dreamreel.models.networks.autoencoder_kl import AutoencoderKL
from dreamreel.models.networks.clip_text import CLIPTextModel, CLIPTextModelWithProjection
from dreamreel.models.networks.unet import UNet2DConditionModel
from dreamreel.models.noising import alphas_cumprod
from dreamreel.models.parameterization import only_named_v, scheduler_changes
from dreamreel.models.pickles import load_content, state_dict
from dreamreel.models.recognise import of_contents
from dreamreel.models.tokenizer import load_tokenizer
from dreamreel.models.vae_file import read_vae
from dreamreel.models.weights import build, map_safetensors

log = logging.getLogger(__name__)


def load_single_file(
    path: Path,
    name: str,
    device: torch.device,
    dtype: torch.dtype,
    configuration: Path | None = None,
    vae: Path | None = None,
) -> DiffusersBundle:
    """The model in path. name: as the user gave it. vae: where one lies that draws instead of its own.

    configuration: a diffusers folder without weights that describes it; its family's unless given.

    Raises ModelError if the file is damaged or of an architecture other than SD 1.x, SD 2.x and SDXL.
    """
    parts, scheduler = read_file(path, configuration, vae)
    modules = (replace(parts, vae=read_vae(vae, parts.vae)) if vae else parts).to(device, dtype)
    facts = ModelFacts(
        name=name,
        title=path.stem,
        latent_channels=modules.unet.config.in_channels,
        latent_factor=latent_factor(type(modules.vae).__name__, vars(modules.vae.config)),
        alphas_cumprod=alphas_cumprod(scheduler),
        device=str(device),
        precision=str(dtype).removeprefix("torch."),
        defaults=_made_for(path),
        prediction=scheduler["prediction_type"],
        is_told=modules.unet.is_told,
        latents=of_config(vars(parts.vae.config)),
    )
    return DiffusersBundle(modules, facts)


def _made_for(path: Path) -> Defaults:
    found = read_names(path)
    return of_file(path, found) if isinstance(found, Tensors) else Defaults()


def read_file(path: Path, configuration: Path | None = None, vae: Path | None = None) -> tuple[Modules, dict[str, Any]]:
    """(the model's parts as they lie in the file, every weight looked at; its scheduler).

    vae: where one lies that draws instead of its own; then a file without any has one of no numbers. Raises ModelError.
    """
    tensors, metadata = read_checkpoint(path, vae)
    prefixes = {"sdxl": XL_TEXT_2, "sd2": SD2_TEXT}
    family = next((name for name, prefix in prefixes.items() if any(key.startswith(prefix) for key in tensors)), "sd1")
    with as_file(files("dreamreel.data")) as shipped:
        return _read(path, tensors, metadata, configuration or shipped / family, family)


def _read(
    path: Path, tensors: dict[str, Tensor], metadata: dict[str, str], configuration: Path, family: str
) -> tuple[Modules, dict[str, Any]]:
    plain = read_json(configuration / "scheduler" / "scheduler_config.json")
    changes = scheduler_changes(path, tensors, metadata)
    scheduler = {**plain, **changes}
    check_scheduler(scheduler, str(path))
    if family != "sd2" and only_named_v(path, changes):
        log.warning(
            "%s: its name says that it predicts v, and nothing in it or beside it does: it is drawn as one that "
            "predicts noise; %s.yaml beside it with `parameterization: v` says otherwise",
            path,
            path.stem,
        )
    if family == "sdxl":
        parts = _parts(path, tensors, configuration, xl_text_names, "SDXL")
        return _with_second(parts, path, tensors, configuration), scheduler
    if family == "sd1":
        return _parts(path, tensors, configuration, text_names, "SD 1.x"), scheduler
    parts = _parts(path, tensors, configuration, None, "SD 2.x")
    if "prediction_type" not in changes and predicts_v(parts.unet):
        log.info("%s does not say what it predicts; asked, its network answers with v", path)
        scheduler["prediction_type"] = "v_prediction"
    return parts, scheduler


def read_checkpoint(path: Path, vae: Path | None = None) -> tuple[dict[str, Tensor], dict[str, str]]:
    """(tensors by name, free text of the header). Runs nothing that is pickled in the file.

    Raises ModelError unless the names are those of a checkpoint that can be drawn with: a whole one, or one to which
    vae, where one lies, is all that is missing.
    """
    found = read_names(path)
    if isinstance(found, NoTensors):
        raise ModelError(found.refusal(path))
    if not found.shapes:
        raise ModelError(f"{path} holds no tensors")
    _check_kind(path, found, vae)
    tensors = state_dict(path, load_content(path)) if found.is_pickled else map_safetensors(path)
    return tensors, found.metadata


def _check_kind(path: Path, found: Tensors, vae: Path | None) -> None:
    identity = of_contents(found).beside(vae)
    # A width of text that is not SD 1.x's is named by the first weight that does not fit.
    if not identity.can_draw and identity.kind != "other_width":
        raise ModelError(identity.refusal(path))


def _with_second(parts: Modules, path: Path, tensors: dict[str, Tensor], configuration: Path) -> Modules:
    """SDXL's parts: those, and the second text encoder, which reads the same words and fills up with another."""
    config = read_json(configuration / "text_encoder_2" / "config.json")
    second = build(CLIPTextModelWithProjection, config, open_clip_tensors(tensors), str(path), "SDXL")
    return replace(
        parts,
        second_tokenizer=load_tokenizer(_tokenizer(configuration), pad_with="!"),
        second_text_encoder=second,
        empty_is_zero=bool(read_json(configuration / "model_index.json").get("force_zeros_for_empty_prompt", True)),
        vae_overflows=True,
    )


def _tokenizer(configuration: Path) -> Path:
    """CLIP's vocabulary, which all families share."""
    own = configuration / "tokenizer"
    return own if own.is_dir() else configuration.parent / "sd1" / "tokenizer"


def _parts(
    path: Path, tensors: dict[str, Tensor], configuration: Path, text_names: Names | None, standard: str
) -> Modules:
    """text_names: of CLIP's text encoder; None for OpenCLIP's."""
    unet, vae, text = (read_json(configuration / part / "config.json") for part in ("unet", "vae", "text_encoder"))
    where = str(path)
    has_vae, outline = any(key.startswith(VAE) for key in tensors), AutoencoderKL.outline(vae)
    if (told := tensors.get(f"{UNET}time_embed.cond_proj.weight")) is not None:
        unet["time_cond_proj_dim"] = told.shape[1]
    return Modules(
        unet=build(UNet2DConditionModel, unet, tensors, where, standard, unet_names(unet, tensors)),
        vae=build(AutoencoderKL, vae, tensors, where, standard, vae_names(vae)) if has_vae else outline,
        text_encoder=(
            build(CLIPTextModel, text, tensors, where, standard, text_names)
            if text_names
            else build(CLIPTextModel, text, open_clip_tensors(tensors, SD2_TEXT), where, standard)
        ),
        tokenizer=load_tokenizer(_tokenizer(configuration), pad_with=None if text_names else "!"),
    )
