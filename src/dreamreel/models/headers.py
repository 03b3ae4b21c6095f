"""The names and shapes of a file's tensors, or what the file is instead, by its first bytes. Loads no weights.

A .safetensors is read as far as its JSON header (8 bytes of length, then names, shapes and places in the file:
github.com/huggingface/safetensors), a pickle as far as the weights (pickle_outline.py).
"""

import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dreamreel.errors import ModelError
from dreamreel.models.pickle_outline import ZIP, outline, unwrapped

MAX_HEADER_BYTES = 100_000_000  # safetensors' own limit
FETCH_ANEW = "fetch it anew"
NO_MODEL = "give a .safetensors or .ckpt checkpoint of an SD 1.x, SD 2.x or SDXL model"
# First bytes (a pattern), kind, title, what to do.
FIRST_BYTES = (
    (rb"version https://git-lfs", "git_lfs_pointer", "a Git LFS pointer, not the weights",
     "`git lfs pull` in its folder fetches them"),
    (rb"\s*(\xef\xbb\xbf)?\s*<(!doctype|html|head|\?xml)", "web_page", "a web page, not the weights",
     "the download got a page (often of a login or an error); fetch the file itself"),
    (rb"GGUF", "gguf", "a GGUF file (quantised weights)", NO_MODEL),
    (rb"\x08[\x01-\x0f][\x12\x1a\x22\x3a\x42]", "onnx", "an ONNX graph", NO_MODEL),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP", "picture", "a picture", NO_MODEL),
    (rb"\x1f\x8b|7z\xbc\xaf|Rar!|\xfd7zXZ|BZh|\x28\xb5\x2f\xfd", "archive", "a packed archive",
     "unpack it and give the checkpoint in it"),
    (rb"\x89HDF", "hdf5", "an HDF5 file (Keras)", NO_MODEL),
    (rb"%PDF", "pdf", "a PDF document", NO_MODEL),
)  # fmt: skip


@dataclass(frozen=True)
class Tensors:
    """shapes: by the tensors' names. metadata: the header's free text. is_pickled: whether they lie in a pickle."""

    shapes: dict[str, tuple[int, ...]]
    metadata: dict[str, str] = field(default_factory=dict)
    is_pickled: bool = False


@dataclass(frozen=True)
class NoTensors:
    """A file without readable tensors: what it is (kind, title) and what to do (advice)."""

    kind: str
    title: str
    advice: str

    def refusal(self, path: Path) -> str:
        """The sentence that says why the file in path cannot be loaded."""
        return f"{path} cannot be read as a checkpoint: it is {self.title}; {self.advice}"


def read_names(path: Path) -> Tensors | NoTensors:
    """What lies in the file. Raises ModelError."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from None
    if size == 0:
        return NoTensors("empty", "an empty file", FETCH_ANEW)
    for pattern, kind, title, advice in FIRST_BYTES:
        if re.match(pattern, start, re.IGNORECASE | re.DOTALL):
            return NoTensors(kind, title, advice)
    if start.startswith(ZIP):
        found = _inside_zip(path)
        if found is not None:
            return found
    elif not re.match(rb"\x80[\x01-\x05]", start) or start[8:9] == b"{":
        return _safetensors(path, size, start)
    return Tensors(pickled_shapes(outline(path)), is_pickled=True)


def is_pickled(path: Path) -> bool:
    """Whether the file is a pickle with tensors, whatever it is called. Raises ModelError."""
    found = read_names(path)
    return isinstance(found, Tensors) and found.is_pickled


def _inside_zip(path: Path) -> NoTensors | None:
    """None if it is a zip as torch.save() writes."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return NoTensors("truncated", "a checkpoint or zip archive that is cut off: its end is missing", FETCH_ANEW)
    if any(name.endswith("data.pkl") for name in names):
        return None
    return NoTensors("zip", "a zip archive that is no checkpoint", "unpack it and give the checkpoint in it")


def _safetensors(path: Path, size: int, start: bytes) -> Tensors | NoTensors:
    length = int.from_bytes(start[:8], "little")
    if size < 10 or start[8:9] != b"{" or length > MAX_HEADER_BYTES:
        return NoTensors("unknown", "no checkpoint: it has neither a safetensors header nor a pickle", NO_MODEL)
    if size < 8 + length:
        missing = 8 + length - size
        title = f"a truncated safetensors file: {missing} bytes of its header are missing, and all its weights"
        return NoTensors("truncated", title, FETCH_ANEW)
    try:
        with path.open("rb") as file:
            file.seek(8)
            header = json.loads(file.read(length))
        metadata = {str(key): str(value) for key, value in (header.pop("__metadata__", None) or {}).items()}
        shapes = {key: tuple(int(each) for each in value["shape"]) for key, value in header.items()}
        end = 8 + length + max((int(value["data_offsets"][1]) for value in header.values()), default=0)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, RecursionError):
        return NoTensors("damaged", "a safetensors file with a damaged header", FETCH_ANEW)
    if end > size:
        title = f"a truncated safetensors file: {end - size} of its {end} bytes are missing"
        return NoTensors("truncated", title, FETCH_ANEW)
    return Tensors(shapes, metadata)


def pickled_shapes(content: object) -> dict[str, tuple[int, ...]]:
    """The shapes of the tensors in what a pickle held, named by the way to them (`string_to_param.*`)."""
    return {name: tuple(each.shape) for name, each in pickled_at(content)}


def pickled_at(content: object) -> Iterator[tuple[str, Any]]:
    """(the way to it, each tensor) in what a pickle held."""
    return _collect(unwrapped(content), "", 0)


def _collect(value: object, name: str, depth: int) -> Iterator[tuple[str, Any]]:
    inside: Any = ()
    if isinstance(value, dict):
        inside = value.items()
    elif isinstance(value, list | tuple) and not hasattr(value, "numel"):
        inside = enumerate(value[:64])
    if inside and depth < 5:
        for key, each in inside:
            yield from _collect(each, f"{name}.{key}" if name else str(key), depth + 1)
    elif name and getattr(value, "shape", None) is not None:
        yield name, value
