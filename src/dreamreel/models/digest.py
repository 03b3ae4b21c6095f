"""One number for a model's weights: SHA-256 over the files that decide what it draws."""

import hashlib
import json
import logging
import os
from pathlib import Path

from dreamreel.errors import ModelError
from dreamreel.models.catalog import Location, models_home
from dreamreel.models.parameterization import yaml_beside
from dreamreel.models.parts import taesd_files

log = logging.getLogger(__name__)
_WEIGHTS = (".safetensors", ".bin", ".ckpt")
_ALSO = ("config.json", "scheduler_config.json", "vocab.json", "merges.txt")


def weights_digest(location: Location) -> str:
    """64 hexadecimal characters. Big files are read once: their digests are kept beside the pulled models.

    Raises ModelError.
    """
    cache = _read_cache()
    total = hashlib.sha256()
    try:
        for name, path in _files(location):
            total.update(f"{name} {_digest(path, cache)}\n".encode())
    except OSError as error:
        raise ModelError(f"{location.path} cannot be read: {error.strerror}") from None
    _write_cache(cache)
    return total.hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of one file, which is read once. Raises ModelError."""
    cache = _read_cache()
    before = len(cache)
    try:
        found = _digest(path, cache)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from None
    if len(cache) != before:
        _write_cache(cache)
    return found


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


def _digest(path: Path, cache: dict[str, str]) -> str:
    stat = path.stat()
    key = f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns}"
    if key not in cache:
        with path.open("rb") as file:
            cache[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return cache[key]


def _cache_path() -> Path:
    return models_home() / "digests.json"


def _read_cache() -> dict[str, str]:
    try:
        cache = json.loads(_cache_path().read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return cache if isinstance(cache, dict) else {}


def _write_cache(cache: dict[str, str]) -> None:
    path = _cache_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}")
        part.write_text(json.dumps(cache), "utf-8")
        part.replace(path)
    except OSError as error:
        log.debug("digests are not kept: %s", error)
