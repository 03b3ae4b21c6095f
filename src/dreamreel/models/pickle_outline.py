"""Names and shapes in a checkpoint that torch.save() pickled, as a header would give them. Nothing of it runs.

A pickle is a program that calls functions by name; here each name stands for one that does nothing, but for those that
make dictionaries and tensors, of which the shape alone is kept. No torch, and no weights are read.
"""

import collections
import pickle
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from dreamreel.errors import ModelError, first_line

# torch.save() before version 1.6 writes this number and two more pickles first, and the weights behind all.
_MAGIC = 0x1950A86A20F9469CFC6C
# What is beside the weights in a zip; a larger one is none that torch wrote.
MAX_PICKLE_BYTES = 100_000_000
ZIP = b"PK\x03\x04"
# What a pickle can raise while it is read, whatever it holds.
ERRORS = (
    RuntimeError,
    pickle.UnpicklingError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    OSError,
    ImportError,
    OverflowError,
    MemoryError,
    zlib.error,
    zipfile.BadZipFile,
)
# Dictionaries in which trainers keep the weights beside the state of the training.
_WRAPPERS = ("state_dict", "model", "module")
_DEEPEST = 3


class Stub:
    """Stands for any object that is not a tensor; takes what the pickle gives it and does nothing."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def append(self, value: object) -> None:
        """Takes an element of a pickled list subclass."""

    def extend(self, values: object) -> None:
        """Takes elements of a pickled list subclass."""


class Parameters(dict[str, Any]):
    """Stands for torch's ParameterDict, in which the first embeddings were stored: a dict of its tensors."""

    def __setstate__(self, state: object) -> None:
        found = state.get("_parameters") if isinstance(state, dict) else None
        self.update(found if isinstance(found, dict) else {})


@dataclass(frozen=True)
class Outline:
    """A tensor without its numbers."""

    shape: tuple[int, ...]


def _tensor(_storage: object, _offset: object, size: Iterable[int], *_more: object) -> Outline:
    return Outline(tuple(int(each) for each in size))


def _parameter(data: object, *_more: object) -> object:
    return data


_KNOWN: dict[tuple[str, str], object] = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("torch.nn.modules.container", "ParameterDict"): Parameters,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_tensor_v3"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
}


class _Outliner(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        return _KNOWN.get((module, name), Stub)

    def persistent_load(self, pid: object) -> object:
        """Stands for the numbers of a tensor. pid: where they are in the file."""
        return pid


def outline(path: Path) -> object:
    """What is pickled in the file: plain containers, Outlines and Stubs. Raises ModelError."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
            file.seek(0)
            return _in_zip(file) if start == ZIP else _in_a_row(file)
    except ERRORS as error:
        raise ModelError(f"{path} cannot be read as a checkpoint: {first_line(error)}") from None


def _in_zip(file: BinaryIO) -> object:
    with zipfile.ZipFile(file) as archive:
        found = next((each for each in archive.infolist() if each.filename.endswith("data.pkl")), None)
        if found is None:
            raise ValueError("it is a zip in which torch wrote nothing")
        if found.file_size > MAX_PICKLE_BYTES:
            raise ValueError(f"its {found.filename} is too large")
        with archive.open(found) as inside:
            return _Outliner(inside).load()


def _in_a_row(file: BinaryIO) -> object:
    if _Outliner(file).load() != _MAGIC:
        raise ValueError("it is a pickle that torch did not write")
    for _ in ("version of the format", "byte order and sizes"):
        _Outliner(file).load()
    return _Outliner(file).load()


def unwrapped(content: object) -> object:
    """The state dict in what a pickle held: trainers put theirs, and the state of the training, into a dict.

    Sometimes twice; so what has tensors of its own is one, whatever else lies in it.
    """
    for _ in range(_DEEPEST):
        inner = _inner(content)
        if inner is None:
            break
        content = inner
        if any(hasattr(each, "shape") for each in inner.values()):
            break
    return content


def _inner(content: object) -> dict[object, object] | None:
    for name in _WRAPPERS:
        if isinstance(content, dict) and isinstance(content.get(name), dict):
            return dict(content[name])
    return None
