"""One SD 1.x checkpoint file in CompVis' layout (.safetensors or .ckpt) -> a bundle, offline."""

import json
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dreamreel.errors import ModelError
from dreamreel.models.bundle import ModelFacts
from dreamreel.models.diffusers_bundle import DiffusersBundle, Modules
from dreamreel.models.headers import NoTensors, Tensors, pickled_shapes, read_names
from dreamreel.models.layout import check_scheduler, latent_factor
from dreamreel.models.libraries import fill, first_line, quiet_libraries
from dreamreel.models.noising import alphas_cumprod
from dreamreel.models.parameterization import scheduler_changes
from dreamreel.models.pickles import load_content, state_dict
from dreamreel.models.recognise import of_contents

FIRST_CONVOLUTION = "model.diffusion_model.input_blocks.0.0.weight"
TEXT_TO_KEYS = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
UNDECIDED = ("unknown", "other_width")  # what the widths of the configuration decide, below


def load_single_file(
    path: Path, name: str, device: torch.device, dtype: torch.dtype, configuration: Path | None = None
) -> DiffusersBundle:
    """The model in path. name: as the user gave it.

    configuration: a diffusers folder without weights that describes it; SD 1.x unless given.

    Raises ModelError if the file is damaged or of an architecture other than SD 1.x.
    """
    if configuration is None:
        with as_file(files("dreamreel.data") / "sd1") as shipped:
            return load_single_file(path, name, device, dtype, shipped)
    tensors = read_tensors(path)
    config = json.loads((configuration / "unet" / "config.json").read_text())
    check_architecture(path, tensors, config)
    modules = _build_modules(path, tensors, configuration).to(device, dtype)
    plain = json.loads((configuration / "scheduler" / "scheduler_config.json").read_text())
    scheduler = {**plain, **scheduler_changes(path, tensors, read_header(path))}
    check_scheduler(scheduler, str(path))
    facts = ModelFacts(
        name=name,
        title=path.stem,
        latent_channels=modules.unet.config.in_channels,
        latent_factor=latent_factor(modules.vae.config),
        alphas_cumprod=alphas_cumprod(scheduler),
        device=str(device),
        precision=str(dtype).removeprefix("torch."),
        prediction=scheduler["prediction_type"],
    )
    return DiffusersBundle(modules, facts)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Every tensor of the file by name. Runs nothing that is pickled in it. Raises ModelError."""
    found = read_names(path, pickles=False)
    if isinstance(found, NoTensors):
        raise ModelError(f"{path} cannot be read as a checkpoint: it is {found.title}; {found.advice}")
    if found is None:
        content = load_content(path)
        identity = of_contents(Tensors(pickled_shapes(content)))
        if not identity.can_draw and identity.kind not in UNDECIDED:
            raise ModelError(identity.refusal(path))
        return state_dict(path, content)
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{path} cannot be read as a checkpoint: {first_line(error)}") from None


def read_header(path: Path) -> dict[str, str]:
    """The free text in the header of a .safetensors file that can be read; {} for other files."""
    found = read_names(path, pickles=False)
    return found.metadata if isinstance(found, Tensors) else {}


def check_architecture(path: Path, tensors: dict[str, Tensor], unet_config: dict[str, Any]) -> None:
    """Raises ModelError unless the tensors are those of an SD 1.x text-to-image model."""
    identity = of_contents(Tensors({key: tuple(value.shape) for key, value in tensors.items()}))
    if not identity.can_draw and identity.kind not in UNDECIDED:
        raise ModelError(identity.refusal(path))
    if FIRST_CONVOLUTION not in tensors or TEXT_TO_KEYS not in tensors:
        raise ModelError(f"{path} is not a Stable Diffusion checkpoint: it has no {FIRST_CONVOLUTION}")
    width = tensors[TEXT_TO_KEYS].shape[-1]
    if width != unet_config["cross_attention_dim"]:
        raise ModelError(
            f"{path} reads text of width {width}, SD 1.x reads {unet_config['cross_attention_dim']}; "
            "dreamreel draws with SD 1.x models"
        )


def _build_modules(path: Path, tensors: dict[str, Tensor], configuration: Path) -> Modules:
    from diffusers.loaders import single_file_utils as ldm
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
    from transformers.models.clip.configuration_clip import CLIPTextConfig
    from transformers.models.clip.modeling_clip import CLIPTextModel
    from transformers.models.clip.tokenization_clip import CLIPTokenizer

    quiet_libraries()
    unet = UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(configuration / "unet"))
    vae = AutoencoderKL.from_config(AutoencoderKL.load_config(configuration / "vae"))
    text_encoder = CLIPTextModel(CLIPTextConfig.from_pretrained(configuration / "text_encoder"))
    try:
        fill(unet, ldm.convert_ldm_unet_checkpoint(tensors, unet.config))
        fill(vae, ldm.convert_ldm_vae_checkpoint(tensors, vae.config))
        # transformers 5 dropped the prefix that CompVis' checkpoints and the converter still have.
        text = ldm.convert_ldm_clip_checkpoint(tensors)
        fill(text_encoder, {key.removeprefix("text_model."): value for key, value in text.items()})
    except (KeyError, RuntimeError, ValueError, IndexError) as error:
        raise ModelError(f"{path} does not fit SD 1.x: {first_line(error)}") from error
    tokenizer = CLIPTokenizer.from_pretrained(configuration / "tokenizer", local_files_only=True)
    return Modules(tokenizer, text_encoder, unet, vae)
