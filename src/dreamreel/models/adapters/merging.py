"""LoRAs in the weights: a network that shares with another all but the layers that they change."""

import copy
from collections.abc import Mapping, Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn

from dreamreel.models.adapters.factors import moved
from dreamreel.models.adapters.lora_file import Change
from dreamreel.models.folding import FOLDED, FoldedUpsample

Kind = TypeVar("Kind", bound=nn.Module)


@torch.inference_mode(False)
@torch.no_grad()
def merged(network: Kind, loras: Sequence[tuple[Mapping[str, Change], float]]) -> Kind:
    """A copy of network to whose layers each LoRA adds its own, times its strength; the others it shares.

    loras: what each adds, by the paths of layers, and its strength. Sums are float32, whatever the weights are.
    """
    changed = {path for changes, strength in loras if strength for path in changes}
    if not changed:
        return network
    before = dict(network.named_modules())
    # A folded convolution is made anew of what it stands for, if that is changed.
    folded = {path.removesuffix(FOLDED) for path in changed if path.endswith(FOLDED)}
    shared = {
        id(tensor): tensor
        for path, module in before.items()
        if path not in changed | folded
        for tensor in (*module.parameters(recurse=False), *module.buffers(recurse=False))
    }
    other = copy.deepcopy(network, shared)
    modules = dict(other.named_modules())
    for module in modules.values():
        module._forward_hooks.clear()  # those by which LoRAs are taken along beside
    for path in changed:
        _add(before[path], modules[path], [(each[path], strength) for each, strength in loras if path in each])
    for path in folded:
        _fold_anew(modules[path])
    return other


def own_bytes(other: nn.Module, network: nn.Module) -> int:
    """What the weights of other take that network does not hold, too."""
    shared = {tensor.data_ptr() for tensor in (*network.parameters(), *network.buffers())}
    own = {tensor.data_ptr(): tensor.nbytes for tensor in (*other.parameters(), *other.buffers())}
    return sum(size for place, size in own.items() if place not in shared)


def _add(before: nn.Module, layer: nn.Module, changes: Sequence[tuple[Change, float]]) -> None:
    weight, bias = before.weight, getattr(before, "bias", None)
    assert isinstance(weight, Tensor)
    total = weight.float()
    for change, strength in changes:
        if change.weight is not None:
            total = total + strength * moved(change.weight, weight.device).delta(weight)
        if change.bias is not None and isinstance(bias, Tensor):
            assert isinstance(layer.bias, Tensor)
            layer.bias += (strength * change.bias.to(bias.device).view(bias.shape)).to(bias.dtype)
    layer.weight.copy_(total)  # type: ignore[operator]


def _fold_anew(folded: nn.Module) -> None:
    assert isinstance(folded, FoldedUpsample)
    fresh = FoldedUpsample(folded.original)
    folded.weight.copy_(fresh.weight)
    folded.bias.copy_(fresh.bias)
