"""One SD 1.x checkpoint file in CompVis' layout (.safetensors or .ckpt) -> a bundle, offline."""

from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dreamreel.errors import ModelError
from dreamreel.models.bundle import ModelFacts
from dreamreel.models.diffusers_bundle import DiffusersBundle, Modules
from dreamreel.models.headers import NoTensors, Tensors, pickled_shapes, read_names
from dreamreel.models.layout import check_scheduler, latent_factor, read_json
from dreamreel.models.ldm_keys import text_names, unet_names, vae_names
from dreamreel.models.networks.autoencoder_kl import AutoencoderKL
from dreamreel.models.networks.clip_text import CLIPTextModel
from dreamreel.models.networks.unet import UNet2DConditionModel
from dreamreel.models.noising import alphas_cumprod
from dreamreel.models.parameterization import scheduler_changes
from dreamreel.models.pickles import load_content, state_dict
from dreamreel.models.recognise import of_contents
from dreamreel.models.tokenizer import load_tokenizer
from dreamreel.models.weights import build, map_safetensors


def load_single_file(
    path: Path, name: str, device: torch.device, dtype: torch.dtype, configuration: Path | None = None
) -> DiffusersBundle:
    """The model in path. name: as the user gave it.

    configuration: a diffusers folder without weights that describes it; SD 1.x unless given.

    Raises ModelError if the file is damaged or of an architecture other than SD 1.x.
    """
    parts, scheduler = read_file(path, configuration)
    modules = parts.to(device, dtype)
    facts = ModelFacts(
        name=name,
        title=path.stem,
        latent_channels=modules.unet.config.in_channels,
        latent_factor=latent_factor(type(modules.vae).__name__, vars(modules.vae.config)),
        alphas_cumprod=alphas_cumprod(scheduler),
        device=str(device),
        precision=str(dtype).removeprefix("torch."),
        prediction=scheduler["prediction_type"],
    )
    return DiffusersBundle(modules, facts)


def read_file(path: Path, configuration: Path | None = None) -> tuple[Modules, dict[str, Any]]:
    """(the model's parts as they lie in the file, every weight looked at; its scheduler). Raises ModelError."""
    if configuration is None:
        with as_file(files("dreamreel.data") / "sd1") as shipped:
            return read_file(path, shipped)
    tensors, metadata = read_checkpoint(path)
    plain = read_json(configuration / "scheduler" / "scheduler_config.json")
    scheduler = {**plain, **scheduler_changes(path, tensors, metadata)}
    check_scheduler(scheduler, str(path))
    return _parts(path, tensors, configuration), scheduler


def read_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """(tensors by name, free text of the header). Runs nothing that is pickled in the file.

    Raises ModelError unless the names are those of a whole checkpoint that can be drawn with.
    """
    found = read_names(path, pickles=False)
    if isinstance(found, NoTensors):
        raise ModelError(found.refusal(path))
    if found is not None:
        _check_kind(path, found)
        return map_safetensors(path), found.metadata
    content = load_content(path)
    shapes = pickled_shapes(content)
    if not shapes:
        raise ModelError(f"{path} holds no tensors")
    _check_kind(path, Tensors(shapes))
    return state_dict(path, content), {}


def _check_kind(path: Path, found: Tensors) -> None:
    identity = of_contents(found)
    # A width of text that is not SD 1.x's is named by the first weight that does not fit.
    if not identity.can_draw and identity.kind != "other_width":
        raise ModelError(identity.refusal(path))


def _parts(path: Path, tensors: dict[str, Tensor], configuration: Path) -> Modules:
    unet, vae, text = (read_json(configuration / part / "config.json") for part in ("unet", "vae", "text_encoder"))
    where, standard = str(path), "SD 1.x"
    return Modules(
        unet=build(UNet2DConditionModel, unet, tensors, where, standard, unet_names(unet, tensors)),
        vae=build(AutoencoderKL, vae, tensors, where, standard, vae_names(vae)),
        text_encoder=build(CLIPTextModel, text, tensors, where, standard, text_names),
        tokenizer=load_tokenizer(configuration / "tokenizer"),
    )
