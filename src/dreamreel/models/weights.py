"""Weights of files, memory-mapped where they can be, and networks made of them; or a sentence that names the weight."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from dreamreel.errors import ModelError, first_line
from dreamreel.models.headers import NoTensors, read_names
from dreamreel.models.ldm_keys import Names
from dreamreel.models.networks.configured import Network
from dreamreel.models.pickles import load_tensors

log = logging.getLogger(__name__)
Kind = TypeVar("Kind", bound=Network)
HALF_MAX = torch.finfo(torch.float16).max


def read_weights(path: Path) -> dict[str, Tensor]:
    """Every tensor of the file by name. Runs nothing that is pickled in it. Raises ModelError."""
    found = read_names(path)
    if isinstance(found, NoTensors):
        raise ModelError(found.refusal(path))
    return load_tensors(path) if found.is_pickled else map_safetensors(path)


def map_safetensors(path: Path) -> dict[str, Tensor]:
    """Its tensors, each read from the disk when it is first used. Raises ModelError."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError, AttributeError) as error:
        raise ModelError(f"{path} cannot be read as a checkpoint: {first_line(error)}") from None


def build(
    kind: type[Kind],
    config: Mapping[str, Any],
    tensors: Mapping[str, Tensor],
    where: str,
    standard: str = "its config.json",
    names: Names = lambda key: (key,),
) -> Kind:
    """A network of that kind and config whose weights are the tensors: not copied, in the precision they have.

    where, standard: what an error begins with, and what the weights have to fit. names: what the file may call a
    weight. Leftovers are allowed. Raises ModelError that names the first weight that is missing, of another shape,
    quantised or not finite.
    """
    network = _empty(kind, config, where)
    wanted = network.state_dict()
    found = {key: next((name for name in names(key) if name in tensors), None) for key in wanted}
    filled = {
        key: _fitting(tensors[name], wanted[key].shape, f"{where}: {name}", standard)
        for key, name in found.items()
        if name is not None
    }
    gaps = [names(key)[0] for key, name in found.items() if name is None]
    if gaps:
        raise ModelError(f"{where} has no weights for {gaps[0]} ({len(gaps)} of {len(wanted)} are missing)")
    log.debug("%s: %d of %d tensors are used for %s", where, len(filled), len(tensors), kind.__name__)
    network.load_state_dict(filled, assign=True)
    return network


def _empty(kind: type[Kind], config: Mapping[str, Any], where: str) -> Kind:
    """A network that takes no memory, but for what a constructor computes and no file holds."""
    try:
        network = kind.outline(config)
        return kind.from_config(config) if any(buffer.is_meta for buffer in network.buffers()) else network
    except (ArithmeticError, IndexError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise ModelError(f"{where}: its config.json describes no {kind.__name__}: {first_line(error)}") from None


def _fitting(tensor: Tensor, shape: torch.Size, where: str, standard: str) -> Tensor:
    """tensor, as it is. Raises ModelError, beginning with where, unless it can be drawn with in this place."""
    if not tensor.is_floating_point():
        kind = str(tensor.dtype).removeprefix("torch.")
        raise ModelError(f"{where} is {kind}: quantised weights cannot be drawn with; take the file in fp16 or fp32")
    if tensor.ndim == 4 and len(shape) == 2 and tensor.shape[2:] == (1, 1):
        tensor = tensor.flatten(1)  # a linear map that CompVis stored as a convolution
    if tensor.shape != shape:
        raise ModelError(f"{where} is {tuple(tensor.shape)}, {standard} wants {tuple(shape)}")
    if not all(bool(torch.isfinite(each)) for each in _extremes(tensor)):
        raise ModelError(f"{where} has numbers that are infinite or NaN: the file is damaged; fetch it anew")
    return tensor


def _extremes(tensor: Tensor) -> tuple[Tensor, Tensor]:
    """The least and the greatest; NaN if there is one."""
    return (tensor.float() if tensor.element_size() == 1 else tensor).aminmax()


def check_precision(network: Network, dtype: torch.dtype, where: str) -> None:
    """Raises ModelError, beginning with where, if a weight has no number in dtype."""
    if dtype != torch.float16:
        return
    for key, value in network.state_dict().items():
        if value.element_size() > 2 and max(float(each.abs()) for each in _extremes(value)) > HALF_MAX:
            raise ModelError(f"{where}: {key} has numbers beyond float16's; use --precision bfloat16 or float32")
