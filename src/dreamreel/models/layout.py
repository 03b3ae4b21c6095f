"""What a model's files say before any weight is read: no torch here, so that bad names fail at once."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from dreamreel.errors import ModelError
from dreamreel.models.configurations import check_configuration
from dreamreel.models.headers import NoTensors, Tensors, read_names
from dreamreel.models.parts import weight_files

CARD = "dreamreel.json"  # ours, optional: title, defaults, hashes, vocabulary
SINGLE_FILE_SUFFIXES = (".safetensors", ".ckpt")
# Files of LoRAs, embeddings and ControlNets.
ADDITION_SUFFIXES = (".safetensors", ".pt", ".pth", ".ckpt", ".bin")
PREDICTIONS = ("epsilon", "v_prediction", "sample")
SUPPORTED = {
    "unet": ("UNet2DConditionModel",),
    "vae": ("AutoencoderKL", "PatchVAE", "AnchoredVAE"),  # ours: models/patch_vae.py, models/anchored_vae.py
    "text_encoder": ("CLIPTextModel",),
}
# SDXL's, beside these.
SECOND = {"text_encoder_2": ("CLIPTextModelWithProjection",)}
# What takes so many channels instead of a picture's four.
_EDITING = {9: "an inpainting", 8: "an instruct-pix2pix", 5: "a depth-to-image", 7: "an upscaling"}
FAMILIES = "SD 1.x, SD 2.x and SDXL models"


@dataclass(frozen=True)
class Defaults:
    """What a model was made for; the request or the operator may say otherwise.

    width, height: pixels. steps: sampler steps from nothing. cfg_scale: guidance.
    multiple: width and height are multiples of it (pixels per latent).
    prompt: one that it draws well. examples: more of these.
    sampler, spacing: what it needs, of diffusion/sampling.py; empty: any will do.
    """

    width: int = 512
    height: int = 512
    steps: int = 50
    cfg_scale: float = 7.0
    multiple: int = 8
    prompt: str = "0: a castle on a hill | 50: a castle in the snow"
    examples: tuple[str, ...] = ()
    sampler: str = ""
    spacing: str = ""


# As diffusers' StableDiffusionXLPipeline has it.
XL = Defaults(width=1024, height=1024, steps=50, cfg_scale=5.0)


def is_single_file(path: Path) -> bool:
    """Whether path is called as a checkpoint file is."""
    return path.suffix.lower() in SINGLE_FILE_SUFFIXES


def check_folder(folder: Path) -> None:
    """Raises ModelError unless folder says that it holds a model of a kind that can be drawn with. Reads JSON only."""
    if not any(folder.iterdir()):
        raise ModelError(f"{folder} is an empty folder; give a diffusers folder or a checkpoint file")
    if not (folder / "model_index.json").is_file():
        files = sorted(each.name for each in folder.iterdir() if is_single_file(each))
        way = f"; give one of the files in it: {', '.join(files[:5])}" if files else ""
        raise ModelError(f"{folder} is not a diffusers folder: it has no model_index.json{way}")
    index = read_json(folder / "model_index.json")
    if "transformer" in index or ("text_encoder_2" in index and not is_xl(index)):
        raise ModelError(f"{folder} holds a {index.get('_class_name')}; dreamreel draws with {FAMILIES}")
    for part, kinds in parts_of(index).items():
        found = (index.get(part) or [None, None])[1]
        if found not in kinds:
            raise ModelError(f"{folder}: {part} is {found}, dreamreel needs a {kinds[0]}")
    scheduler = read_json(folder / "scheduler" / "scheduler_config.json")
    check_scheduler(scheduler, str(folder))
    _check_files(folder, index)
    _check_channels(folder)


def is_xl(index: Mapping[str, Any]) -> bool:
    """Whether a model_index.json is of SDXL's base model: its refiner has the second text encoder alone."""
    two = [(index.get(part) or [None, None])[1] for part in ("text_encoder", "text_encoder_2")]
    return two == ["CLIPTextModel", "CLIPTextModelWithProjection"] and "transformer" not in index


def parts_of(index: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The parts with weights of a model_index.json, and what each may be."""
    return {**SUPPORTED, **SECOND} if is_xl(index) else SUPPORTED


def _check_files(folder: Path, index: Mapping[str, Any]) -> None:
    """Raises ModelError for the first part that is missing or empty: nothing must stand in for it silently."""
    for tokenizer in ("tokenizer", "tokenizer_2") if is_xl(index) else ("tokenizer",):
        _check_tokenizer(folder / tokenizer)
    for part, kinds in parts_of(index).items():
        for path in weight_files(folder / part):
            if isinstance(found := read_names(path), NoTensors):
                raise ModelError(found.refusal(path))
        config = read_json(folder / part / "config.json")
        check_configuration(config.get("_class_name", kinds[0]), config, str(folder / part / "config.json"))


def _check_tokenizer(tokenizer: Path) -> None:
    for name in ("vocab.json", "merges.txt"):
        path = tokenizer / name
        if not path.is_file() and not (tokenizer / "tokenizer.json").is_file():
            raise ModelError(f"{path} is missing: prompts would have no effect without it; fetch the folder whole")
        if path.is_file() and path.stat().st_size < 3:
            raise ModelError(f"{path} is empty: prompts would have no effect without it; fetch the folder whole")


def _check_channels(folder: Path) -> None:
    """Raises ModelError unless the network takes and gives the autoencoder's latents and nothing else."""
    unet, vae = (read_json(folder / part / "config.json") for part in ("unet", "vae"))
    channels, given, latents = unet.get("in_channels", 4), unet.get("out_channels", 4), vae.get("latent_channels", 4)
    kind = _EDITING.get(channels) if isinstance(channels, int) and channels != latents else None
    if kind is not None:
        raise ModelError(f"{folder}: its UNet takes {channels} channels: {kind} model, not text to image")
    if (channels, given) != (latents, latents):
        what = f"its UNet takes {channels!r} channels and gives {given!r}, its autoencoder has {latents!r}"
        raise ModelError(f"{folder}: {what}: they draw nothing together")


def check_scheduler(config: Mapping[str, Any], where: str) -> None:
    """Raises ModelError, beginning with where, unless config is of noise levels that dreamreel can compute."""
    predicts = config.get("prediction_type", "epsilon")
    if predicts not in PREDICTIONS:
        raise ModelError(f"{where}: prediction_type is {predicts}, dreamreel draws with {', '.join(PREDICTIONS)}")
    if config.get("trained_betas") is None and config.get("beta_schedule") != "scaled_linear":
        raise ModelError(f"{where}: beta_schedule is {config.get('beta_schedule')}, dreamreel needs scaled_linear")
    if config.get("rescale_betas_zero_snr") and predicts == "epsilon":
        raise ModelError(
            f"{where}: it predicts epsilon and has rescale_betas_zero_snr, but at a level without signal the noise "
            "says nothing; such models predict v (prediction_type: v_prediction)"
        )


def read_card(folder: Path) -> dict[str, Any]:
    """The folder's dreamreel.json, or {} where there is none."""
    return read_json(folder / CARD) if (folder / CARD).is_file() else {}


def latent_factor(kind: str, vae_config: Mapping[str, Any]) -> int:
    """Pixels per latent each way: every level of an autoencoder but the last halves the picture.

    kind: its class. An AnchoredVAE's levels end at an eighth, of which 2x2 are one latent.
    """
    levels = len(vae_config.get("block_out_channels") or vae_config.get("encoder_block_out_channels", (64,)))
    return 16 if kind == "AnchoredVAE" else int(2 ** (levels - 1))


def check_hashes(folder: Path, card: dict[str, Any]) -> None:
    """Raises ModelError unless every file that the card pins has the SHA-256 it says."""
    for relative, expected in card.get("sha256", {}).items():
        try:
            with (folder / relative).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ModelError(f"{folder / relative} cannot be read: {error.strerror}") from None
        if found != expected:
            raise ModelError(f"{folder / relative} is damaged: its SHA-256 is not the one in {CARD}; install it anew")


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in path. Raises ModelError."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}; fetch the folder whole") from None
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ModelError(f"{path} cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise ModelError(f"{path} is not a JSON object")
    return content


def text_width(path: Path) -> int | None:
    """How wide the text is that the model at path reads: 768 of SD 1.x, 2048 of SDXL; None where only weights say."""
    if path.is_dir():
        width = read_json(path / "unet" / "config.json").get("cross_attention_dim")
        return width if isinstance(width, int) else None
    try:
        stat = path.stat()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from None
    return _width_in(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(256)
def _width_in(path: Path, _size: int, _changed_ns: int) -> int | None:
    """The same of one file as it is now: a header takes some 10 ms, and each LoRA of a folder is held to each model."""
    found = read_names(path)
    for name, shape in found.shapes.items() if isinstance(found, Tensors) else ():
        if name.endswith("attn2.to_k.weight") and len(shape) >= 2:
            return shape[1]
    return None
