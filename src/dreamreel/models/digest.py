"""One number for a model's weights: SHA-256 over the files that decide what it draws."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from dreamreel.errors import ModelError
from dreamreel.models.catalog import Location
from dreamreel.models.parameterization import yaml_beside
from dreamreel.models.parts import taesd_files
from dreamreel.models.remembered import recall, remember

_KEPT = "digests.json"
_WEIGHTS = (".safetensors", ".bin", ".ckpt")
_ALSO = ("config.json", "scheduler_config.json", "vocab.json", "merges.txt")


def weights_digest(location: Location) -> str:
    """64 hexadecimal characters. Big files are read once: their digests are kept beside the pulled models.

    Raises ModelError.
    """
    known, total = recall(_KEPT), hashlib.sha256()
    try:
        for name, path in _files(location):
            total.update(f"{name} {_digest(path, known)}\n".encode())
    except OSError as error:
        raise ModelError(f"{location.path} cannot be read: {error.strerror}") from None
    return total.hexdigest()


def weights_files(location: Location) -> list[Path]:
    """The files whose digest that is."""
    return [path for _, path in _files(location)]


def files_digest(paths: Sequence[Path]) -> str:
    """SHA-256 of files in their order, each of which is read once. Raises ModelError."""
    known = recall(_KEPT)
    try:
        each = [_digest(path, known) for path in paths]
    except OSError as error:
        raise ModelError(f"{error.filename} cannot be read: {error.strerror}") from None
    return each[0] if len(each) == 1 else hashlib.sha256(" ".join(each).encode()).hexdigest()


def _files(location: Location) -> list[tuple[str, Path]]:
    if location.vae is None:
        return _own_files(location)
    instead = [(f"vae: {name}", path) for name, path in _own_files(Location("vae", location.vae))]
    if not location.vae.is_dir():  # of a TAESD both halves decide
        instead += [("vae: other half", path) for path in taesd_files(location.vae) if path != location.vae]
    return [*_own_files(location), *instead]


def _own_files(location: Location) -> list[tuple[str, Path]]:
    if not location.is_folder:
        beside = yaml_beside(location.path)  # it decides what the network's answers mean
        return [("weights", location.path), *([("yaml", beside)] if beside else [])]
    found = [path for path in location.path.rglob("*") if path.suffix in _WEIGHTS or path.name in _ALSO]
    for words in (location.path / "tokenizer", location.path / "tokenizer_2"):
        # Read where there is nothing else.
        found += [] if (words / "vocab.json").is_file() else [words / "tokenizer.json"]
    return sorted((str(path.relative_to(location.path)), path) for path in found if path.is_file())


def _digest(path: Path, known: Mapping[str, object]) -> str:
    """known: digests of files as they were. Another one is kept at once, so that a start that is cut off loses none."""
    stat = path.stat()
    key = f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns}"
    if isinstance(found := known.get(key), str):
        return found
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    remember(_KEPT, {key: digest})
    return digest
