"""Reading .ckpt files without running what is pickled in them.

A checkpoint of 2022 is a pickle: a program. Lightning checkpoints hold more than tensors, so
`torch.load(weights_only=True)` refuses honest ones. Here tensors are built and every other object
becomes an inert Stub: no name outside the table below is ever imported.
"""

import collections
import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

import torch

from dreamreel.errors import ModelError, first_line
from dreamreel.models.pickle_outline import ERRORS, ZIP, Parameters, Stub, unwrapped

_TENSOR_BUILDERS = {"_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_parameter"}  # v3: of 8 bits


class _TensorsOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if module == "torch._utils" and name in _TENSOR_BUILDERS:
            return getattr(torch._utils, name)
        if (module, name) == ("torch.storage", "UntypedStorage"):
            return torch.UntypedStorage
        if (module, name) == ("torch.nn.modules.container", "ParameterDict"):
            return Parameters
        if module == "torch" and (name.endswith("Storage") or name == "Size" or _is_type(name)):
            return getattr(torch, name)
        return Stub


def _is_type(name: str) -> bool:
    return isinstance(getattr(torch, name, None), torch.dtype)


def _load(file: BinaryIO, **options: Any) -> object:
    return _TensorsOnly(file, **options).load()


_MODULE = SimpleNamespace(Unpickler=_TensorsOnly, load=_load, __name__="dreamreel.models.pickles")


def load_content(path: Path) -> object:
    """What is pickled in the file: tensors on the CPU in plain containers, and Stubs. Raises ModelError.

    Of files as torch has written them since 1.6, tensors are read from the disk when they are first used.
    """
    try:
        with path.open("rb") as file:
            # By a name that ends in .safetensors, torch would read it as one.
            mapped = file.read(4) == ZIP and path.suffix != ".safetensors"
            file.seek(0)
            source: Any = path if mapped else file
            return torch.load(source, map_location="cpu", weights_only=False, pickle_module=_MODULE, mmap=mapped)
    except ERRORS as error:
        raise ModelError(f"{path} cannot be read as a checkpoint: {first_line(error)}") from None


def state_dict(path: Path, content: object) -> dict[str, torch.Tensor]:
    """The tensors by name of what load_content() found in path. Raises ModelError if there are none."""
    content = unwrapped(content)
    if not isinstance(content, dict):
        raise ModelError(f"{path} holds no state dict")
    tensors = {key: value for key, value in content.items() if isinstance(value, torch.Tensor)}
    if not tensors:
        raise ModelError(f"{path} holds no tensors")
    return tensors


def load_tensors(path: Path) -> dict[str, torch.Tensor]:
    """Every tensor of the checkpoint's state dict by name, on the CPU.

    Raises ModelError if the file is damaged or holds no state dict.
    """
    return state_dict(path, load_content(path))
