"""A model's name -> its files -> a bundle: shipped models, paths, and models pulled from a hub."""

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from dreamreel.errors import ModelError
from dreamreel.models.headers import NoTensors, read_names
from dreamreel.models.latents import OF_KINDS, check_latents, of_config
from dreamreel.models.layout import (
    SINGLE_FILE_SUFFIXES,
    Defaults,
    check_folder,
    is_single_file,
    read_card,
    read_json,
)
from dreamreel.models.made_for import of_file, of_folder
from dreamreel.models.recognise import of_contents

if TYPE_CHECKING:
    from dreamreel.models.bundle import ModelBundle

log = logging.getLogger(__name__)
SHIPPED = ("builtin", "tiny-sd")


@dataclass(frozen=True)
class Location:
    """Where a model lies. name: as the user gave it. path: a folder or a file. shipped: with dreamreel.

    vae: a file or folder whose VAE draws instead of the model's own.
    """

    name: str
    path: Path
    shipped: bool = False
    vae: Path | None = None

    @property
    def is_folder(self) -> bool:
        return self.path.is_dir()

    @property
    def short_name(self) -> str:
        """What requests call it: a shipped model's name, a hub id, or the file's or folder's name without the rest."""
        if self.shipped or not Path(self.name).expanduser().exists():
            return self.name
        if hub := _hub_name(Path(self.name).expanduser()):
            return hub
        return Path(self.name).expanduser().absolute().name if self.is_folder else self.path.stem


def models_home() -> Path:
    """The folder of pulled models: $DREAMREEL_MODELS, or dreamreel/models in the user's cache."""
    if home := os.environ.get("DREAMREEL_MODELS"):
        return Path(home).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "dreamreel" / "models"


def locate(name: str) -> Location:
    """The model called name: a shipped one, a path, or a hub id that was pulled. Reads no weights.

    Raises ModelError with the ways out if there is none.
    """
    if name in SHIPPED:
        return Location(name, _shipped_path(name), shipped=True)
    path = Path(name).expanduser()
    if name and (path.is_dir() or path.is_file()):
        return Location(name, _snapshot(path))
    if name.lower().endswith(SINGLE_FILE_SUFFIXES) or name.startswith(("/", "./", "../", "~")):
        raise ModelError(f'model "{name}": there is no such file or folder')
    pulled = pulled_path(name)
    if pulled is not None and pulled.is_dir():
        return Location(name, pulled)
    if pulled is not None:
        raise ModelError(f"model {name} is not here; `dreamreel models pull {name}` fetches it")
    raise ModelError(f'model "{name}": there is no such file or folder; shipped models: {", ".join(SHIPPED)}')


def _hub_name(path: Path) -> str:
    """`owner/name` of a model's folder in the Hugging Face hub's cache (models--owner--name), or a snapshot's in it."""
    top = path.resolve()
    top = top.parent if top.parent.name == "snapshots" else top
    top = top.parent if top.name == "snapshots" else top
    is_hub = path.is_dir() and top.name.startswith("models--")
    return top.name.removeprefix("models--").replace("--", "/", 1) if is_hub else ""


def _snapshot(path: Path) -> Path:
    """path, or the snapshot in it if it is a model's folder in the hub's cache; its checkpoint, if it has just that."""
    if not _hub_name(path):
        return path
    snapshots = path if path.resolve().name == "snapshots" else path / "snapshots"
    path = _newest(snapshots) if snapshots.is_dir() else path
    files = [each for each in path.iterdir() if is_single_file(each)]
    return files[0] if len(files) == 1 and not (path / "model_index.json").is_file() else path


def _newest(snapshots: Path) -> Path:
    """The snapshot that the branch `main` names, or the last one. Raises ModelError if there is none."""
    try:
        named = snapshots / (snapshots.parent / "refs" / "main").read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        named = snapshots
    found = [each for each in snapshots.iterdir() if each.is_dir()]
    if named in found:
        return named
    if not found:
        raise ModelError(
            f"{snapshots.parent} is a folder of the hub's cache without a snapshot: the download did not end"
        )
    return max(found, key=lambda each: each.stat().st_mtime)


def in_folder(name: str, vae: str = "") -> list[str]:
    """The names of the models in a folder of models: its checkpoints and diffusers folders; of all else, name itself.

    vae: where one lies that all of them are drawn with. What lies beside the models and cannot be drawn with (LoRAs,
    VAEs, half a download) is left out, and a warning names it; so is what has the name of another, of two files the
    .ckpt. Raises ModelError if nothing lies at vae.
    """
    folder = Path(name).expanduser()
    is_model = name in SHIPPED or (folder / "model_index.json").is_file() or _hub_name(folder) != ""
    if not name or is_model or not folder.is_dir():
        return [name]
    with_vae(Location(name, folder), vae)
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir(), key=lambda each: (each.suffix.lower() == ".ckpt", each)):
        if not _may_draw(path, vae):
            continue
        first = found.setdefault(locate(str(path)).short_name, path)
        if first != path:
            log.warning("left out: %s, since %s has the same name", path, first)
    return [str(path) for path in sorted(found.values())] or [name]


def _may_draw(path: Path, vae: str) -> bool:
    is_folder = (path / "model_index.json").is_file() or _hub_name(path) != ""
    if not is_folder and not is_single_file(path):
        return False
    try:
        check(with_vae(locate(str(path)), vae))
    except ModelError as error:
        log.warning("left out: %s", error)
        return False
    return True


def pulled_path(name: str) -> Path | None:
    """Where a hub id such as `owner/name` lies once it is pulled; None if name cannot be one."""
    owner, slash, model = name.partition("/")
    plain = all(part and not part.startswith(".") and "/" not in part for part in (owner, model))
    return models_home() / f"{owner}--{model}" if slash and plain else None


def installed() -> Iterator[Location]:
    """The shipped models, then the pulled ones by name."""
    for name in SHIPPED:
        yield Location(name, _shipped_path(name), shipped=True)
    home = models_home()
    for folder in sorted(home.iterdir()) if home.is_dir() else []:
        owner, dashes, model = folder.name.partition("--")
        if dashes and (folder / "model_index.json").is_file():
            yield Location(f"{owner}/{model}", folder)


def removable(name: str) -> Path:
    """The folder of a pulled model. Raises ModelError for any other: what people keep elsewhere is theirs."""
    if name in SHIPPED:
        raise ModelError(f"{name} is shipped with dreamreel and stays")
    folder = pulled_path(name)
    if folder is None or not folder.is_dir():
        here = ", ".join(each.name for each in installed() if not each.shipped) or "none"
        raise ModelError(f'"{name}" is no model that was pulled; those that were: {here}')
    return folder


def with_vae(location: Location, vae: str) -> Location:
    """The model with the VAE at the path vae; with its own if that is empty. Raises ModelError if nothing is there."""
    if not vae:
        return location
    path = Path(vae).expanduser()
    if not path.exists():
        raise ModelError(f'VAE "{vae}": there is no such file or folder')
    return replace(location, vae=path)


def check(location: Location) -> Defaults:
    """What the model was made for, after a look at its files that loads no weights.

    Raises ModelError if they cannot be a model that dreamreel draws with.
    """
    if location.is_folder:
        check_folder(location.path)
        if location.vae is not None:
            kind = read_json(location.path / "model_index.json")["vae"][1]
            if kind != "AutoencoderKL":
                raise ModelError(f"model {location.name} has a {kind}, which no VAE can replace")
            check_latents(location.vae, of_config(read_json(location.path / "vae" / "config.json")))
        return of_folder(location.path)
    if not is_single_file(location.path):
        raise ModelError(
            f"{location.path}: a model is a folder or a file ending in {' or '.join(SINGLE_FILE_SUFFIXES)}"
        )
    found = read_names(location.path)
    if isinstance(found, NoTensors):
        raise ModelError(found.refusal(location.path))
    if not (identity := of_contents(found).beside(location.vae)).can_draw:
        raise ModelError(identity.refusal(location.path))
    if location.vae is not None:
        check_latents(location.vae, OF_KINDS.get(identity.kind, ""))
    return of_file(location.path, found)


def examine(location: Location) -> None:
    """check(), and a look at every weight of a model that is not shipped: seconds for large files.

    Raises ModelError for all that load() would.
    """
    check(location)
    if location.shipped:
        return
    from dreamreel.models.diffusers_dir import read_folder
    from dreamreel.models.single_file import read_file

    read_folder(location.path) if location.is_folder else read_file(location.path, vae=location.vae)


def title(location: Location) -> str:
    """What the model's card says that it is; empty where there is no card."""
    return str(read_card(location.path).get("title", "")) if location.is_folder else ""


def load(location: Location, device: str = "auto", precision: str = "auto") -> "ModelBundle":
    """The model, ready to draw on device (auto, cuda, cuda:1, mps, cpu) in precision (auto, float32 ...).

    Raises ModelError.
    """
    from dreamreel.models.accelerators import is_accelerator
    from dreamreel.models.devices import choose_device, choose_precision
    from dreamreel.models.diffusers_dir import load_diffusers_dir
    from dreamreel.models.single_file import load_single_file

    check(location)
    where = choose_device(device)
    loader = load_diffusers_dir if location.is_folder else load_single_file
    bundle = loader(location.path, location.name, where, choose_precision(where, precision), vae=location.vae)
    if is_accelerator(where) or not location.shipped:  # on a CPU the shipped ones are held to it by tests
        bundle.prove()
    return bundle


def _shipped_path(name: str) -> Path:
    return Path(str(files("dreamreel.data") / name))
