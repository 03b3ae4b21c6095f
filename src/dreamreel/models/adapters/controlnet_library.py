"""The operator's folder of ControlNets: what lies in it, by the names that requests call it. Reads headers alone."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from dreamreel.errors import ModelError
from dreamreel.models.adapters.folder import Folder
from dreamreel.models.configurations import check_configuration, kept_widths
from dreamreel.models.headers import NoTensors, Tensors, read_names
from dreamreel.models.layout import read_json, text_width
from dreamreel.models.ldm_keys import CONTROL
from dreamreel.models.loras import WIDTHS
from dreamreel.models.parts import weight_files
from dreamreel.models.recognise import CONTROLNET, Identity, of_contents

KIND = "ControlNetModel"

# By the width of the text that they read, the families whose configurations are shipped.
_SHIPPED = {768: "sd1", 1024: "sd2", 2048: "sdxl"}
_KEPT = re.compile(r"(controlnet_down_blocks\.\d+|zero_convs\.\d+\.0)\.weight")
_TEXT = re.compile(r"\.attn2\.to_k\.weight$")
_POOLED = re.compile(r"\b(add_embedding\.linear_1|label_emb\.0\.0)\.weight$")


@dataclass(frozen=True)
class ControlNetFile:
    """A ControlNet by the name that requests call it.

    files: its weights. config: of its folder; empty for a file alone. width: of the text that it reads. kept: channels
    of each thing on the UNet's way down that it adds to. writer: whose names its weights have.
    disk_bytes: of its weights. refused: why it is none that can be drawn with; or empty.
    """

    name: str
    files: tuple[Path, ...]
    config: Mapping[str, Any]
    shapes: Mapping[str, tuple[int, ...]]
    width: int | None
    kept: tuple[int, ...]
    writer: str
    disk_bytes: int
    refused: str = ""

    @property
    def base(self) -> str | None:
        """The family of models that it is for, in words."""
        return WIDTHS.get(self.width or 0)

    @cached_property
    def num_weights(self) -> int:
        """How many numbers it has."""
        return sum(math.prod(shape) for shape in self.shapes.values())

    @property
    def stamp(self) -> tuple[tuple[str, int, int], ...]:
        """Its files as they are now. Raises ModelError."""
        try:
            stats = [(str(path), path.stat()) for path in self.files]
        except OSError as error:
            raise ModelError(f"{error.filename} cannot be read: {error.strerror}") from None
        return tuple((path, stat.st_size, stat.st_mtime_ns) for path, stat in stats)

    @property
    def decisive(self) -> tuple[Path, ...]:
        """The files that decide what it does: its weights, and its configuration where there is one."""
        return (*self.files, *([self.files[0].with_name("config.json")] if self.config else []))


@lru_cache(8)
def controlnets_in(folder: str) -> Folder[ControlNetFile]:
    """Those in a folder, and in the folders in it; none for "". What is of no kind known is left out with a warning."""
    return Folder(folder, "ControlNet", "--controlnets", _read)


def unet_config(model: Path) -> Mapping[str, Any]:
    """The configuration of the UNet of the model at that path, by headers; SD 1.x's where they do not say."""
    if model.is_dir():
        return read_json(model / "unet" / "config.json")
    return shipped_config(text_width(model)) or shipped_config(768)


def shipped_config(width: int | None) -> dict[str, Any]:
    """The configuration of the family whose text has that width; empty for no family's."""
    if (family := _SHIPPED.get(width or 0)) is None:
        return {}
    return read_json(Path(str(files("dreamreel.data"))) / family / "unet" / "config.json")


def misfit(found: ControlNetFile, config: Mapping[str, Any], name: str) -> str | None:
    """Why a ControlNet cannot be for the model of that name; None if it can. config: of its UNet (unet_config)."""
    if found.refused:
        return f'"{found.name}" is {found.refused}'
    if found.width == config.get("cross_attention_dim") and found.kept == _kept(config):
        return None
    ours = WIDTHS.get(int(config.get("cross_attention_dim", 0)), "of a shape of its own")
    theirs = found.base or f"a model whose text is {found.width} numbers wide"
    if ours == theirs:
        theirs = f"{theirs} of another width"
    return f'the ControlNet "{found.name}" is for {theirs}, and the model {name} is {ours}'


def _kept(config: Mapping[str, Any]) -> tuple[int, ...]:
    """The channels of what the way down of a UNet of that configuration keeps."""
    widths, layers = config.get("block_out_channels", (320, 640, 1280, 1280)), config.get("layers_per_block", 2)
    return tuple(kept_widths(widths, layers))


def _read(name: str, path: Path) -> ControlNetFile:
    """Raises ModelError for what is of no kind known."""
    in_folder = path.stem.startswith("diffusion_pytorch_model") and (path.parent / "config.json").is_file()
    paths = weight_files(path.parent) if in_folder else [path]
    shapes: dict[str, tuple[int, ...]] = {}
    for each in paths:
        found = read_names(each)
        if isinstance(found, NoTensors):
            raise ModelError(found.refusal(each))
        shapes |= found.shapes
    identity = of_contents(Tensors(shapes))
    config = read_json(path.parent / "config.json") if in_folder else {}
    refused = "" if identity.kind == "controlnet" and identity.advice == CONTROLNET else _unlike(identity, path)
    refused = refused or _refusal(name, shapes, config, str(path))
    writer = "ldm" if "(ldm)" in identity.title else "diffusers"
    size = sum(each.stat().st_size for each in paths)
    kept = _found_kept(shapes)
    return ControlNetFile(name, tuple(paths), config, shapes, _width(shapes), kept, writer, size, refused)


def _unlike(identity: Identity, path: Path) -> str:
    """What something like a ControlNet is that cannot be drawn with. Raises ModelError for what is nothing like it."""
    if identity.kind in ("controlnet", "control_lora", "t2i_adapter", "ip_adapter"):
        return f"{identity.title}, which is not drawn with here"
    raise ModelError(f"{path} is {identity.title}, not a ControlNet")


def _refusal(name: str, shapes: Mapping[str, tuple[int, ...]], config: Mapping[str, Any], where: str) -> str:
    """Why a ControlNet cannot be drawn with; empty for one that can. Raises ModelError for another configuration."""
    if "difference" in shapes:
        return "a ControlNet that holds only differences to its base; take the whole file"
    # A file alone does not say it but by its name.
    if config.get("global_pool_conditions", "shuffle" in name.lower()):
        return "a ControlNet that takes the mean of its hint (shuffle), which is not drawn with here"
    if config:
        check_configuration(KIND, config, where)
    return ""


def _width(shapes: Mapping[str, tuple[int, ...]]) -> int | None:
    """Of the text; a ControlNet of SDXL may read none, and has a place for the text as a whole."""
    found = next((shape[1] for name, shape in shapes.items() if _TEXT.search(name) and len(shape) == 2), None)
    return 2048 if found is None and any(_POOLED.search(name) for name in shapes) else found


def _found_kept(shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, ...]:
    """The channels of its layers that add, in their order."""
    named = {name.removeprefix(CONTROL): shape for name, shape in shapes.items()}
    numbered = [(int(re.findall(r"\d+", name)[0]), shape[0]) for name, shape in named.items() if _KEPT.fullmatch(name)]
    return tuple(channels for _, channels in sorted(numbered))
