"""LoRAs beside the weights: each adds its own to what a layer gives, as strongly as each row of a pass wants.

The strengths are a tensor, so that one recording (models/graphs.py) serves all of them, and rows with different LoRAs,
or with none, share a pass: to a row in which a LoRA does not count it adds zeros, which changes no bit.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from dreamreel.models.adapters.factors import LowRank, moved
from dreamreel.models.adapters.lora_file import Change
from dreamreel.models.folding import FOLDED, FoldedUpsample

if TYPE_CHECKING:
    from collections.abc import Iterator


class Side(nn.Module):
    """What a LoRA adds to what one layer gives."""

    def forward(self, layer: nn.Module, x: Tensor, strengths: Tensor) -> Tensor:
        """x: what the layer is given, (rows, ...). strengths: (rows,)."""
        raise NotImplementedError


class LowRankSide(Side):
    """Down to few numbers and up again. Weights of dtype on device."""

    def __init__(self, factors: LowRank, layer: nn.Module, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__()
        self._is_conv = isinstance(layer, nn.Conv2d)
        self.down = _fixed(self._shaped(factors.down), device, dtype)
        self.up = _fixed(self._shaped(factors.scale * factors.up.float()), device, dtype)
        self.middle = None if factors.middle is None else _fixed(factors.middle, device, dtype)

    def _shaped(self, factor: Tensor) -> Tensor:
        """A factor as the layer's kind takes it; files store matrices of 1x1 convolutions, and the other way round."""
        if not self._is_conv:
            return factor.flatten(1)
        return factor if factor.ndim == 4 else factor[:, :, None, None]

    def forward(self, layer: nn.Module, x: Tensor, strengths: Tensor) -> Tensor:
        if not self._is_conv:
            return functional.linear(_counted(functional.linear(x, self.down), strengths), self.up)
        assert isinstance(layer, nn.Conv2d)
        if self.middle is None:
            few = functional.conv2d(x, self.down, None, layer.stride, layer.padding)
        else:
            few = functional.conv2d(functional.conv2d(x, self.down), self.middle, None, layer.stride, layer.padding)
        return functional.conv2d(_counted(few, strengths), self.up)


class WholeSide(Side):
    """The layer once more, with what is added to its weight and its bias in their place: it is linear in both."""

    def __init__(self, change: Change, layer: nn.Module, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__()
        weight = layer.weight
        assert isinstance(weight, Tensor)
        added = torch.zeros_like(weight)
        if change.weight is not None:
            added = moved(change.weight, device).delta(weight.detach())
        self.weight = _fixed(added, device, dtype)
        self.bias = None if change.bias is None else _fixed(change.bias.flatten(), device, dtype)

    def forward(self, layer: nn.Module, x: Tensor, strengths: Tensor) -> Tensor:
        return _counted(_again(layer, x, self.weight, self.bias), strengths)


class Sides(nn.Module):
    """One LoRA for one network: what it adds to its layers, by their paths."""

    def __init__(self, network: nn.Module, changes: Mapping[str, Change]) -> None:
        super().__init__()
        modules, first = dict(network.named_modules()), next(network.parameters())
        device, dtype = first.device, first.dtype
        self.paths = {path: number for number, path in enumerate(changes)}
        self.parts = nn.ModuleList(
            LowRankSide(change.weight, modules[path], device, dtype)
            if isinstance(change.weight, LowRank) and change.bias is None
            else WholeSide(change, modules[path], device, dtype)
            for path, change in changes.items()
        )

    def of(self, path: str) -> Side | None:
        """What it adds to the layer at path; None if nothing."""
        number = self.paths.get(path)
        side = None if number is None else self.parts[number]
        assert side is None or isinstance(side, Side)
        return side


class Beside:
    """A network whose layers take LoRAs along. Not for several threads at once."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self._hooked: set[str] = set()
        self._active: Sequence[Sides] = ()
        self._strengths: Sequence[Tensor] = ()

    @contextmanager
    def taking(self, loras: Sequence[Sides], strengths: Tensor) -> "Iterator[None]":
        """While the block runs, these count. strengths: (rows, len(loras)), of each row of the passes in it."""
        self._active, self._strengths = loras, strengths.unbind(1)
        try:
            yield
        finally:
            self._active, self._strengths = (), ()

    def hook(self, paths: Iterable[str]) -> None:
        """Has the layers at paths ask for what is added to them. From any thread, one at a time."""
        modules = dict(self.network.named_modules())
        for path in set(paths) - self._hooked:
            modules[path].register_forward_hook(_Hook(self, path))
            if path.endswith(FOLDED):
                modules[path.removesuffix(FOLDED)].register_forward_hook(_FoldedHook(self, path))
            self._hooked.add(path)

    def add(self, path: str, layer: nn.Module, x: Tensor, given: Tensor) -> Tensor:
        """What the layer at path gave for x, with what is added to it."""
        for lora, strengths in zip(self._active, self._strengths, strict=True):
            if (side := lora.of(path)) is not None:
                given = given + side(layer, x, strengths)
        return given


class _Hook:
    """After a layer. It belongs to its network, so a copy of that has none (merging.py)."""

    def __init__(self, beside: Beside, path: str) -> None:
        self.beside, self.path = beside, path

    def __deepcopy__(self, memo: object) -> "_Hook":
        return self

    def __call__(self, layer: nn.Module, inputs: tuple[Tensor, ...], given: Tensor) -> Tensor:
        return self.beside.add(self.path, layer, inputs[0], given)


class _FoldedHook(_Hook):
    """After a convolution of a doubled picture that was computed on the small one, in place of its own hook."""

    def __call__(self, layer: nn.Module, inputs: tuple[Tensor, ...], given: Tensor) -> Tensor:
        if len(inputs) > 1 and inputs[1] is not None:  # then the layer itself ran
            return given
        assert isinstance(layer, FoldedUpsample)
        doubled = functional.interpolate(inputs[0], scale_factor=2.0, mode="nearest")
        return self.beside.add(self.path, layer.original.conv, doubled, given)


def _counted(values: Tensor, strengths: Tensor) -> Tensor:
    """values (rows, ...) times the strength of each row, (rows,); zeros where that is 0, whatever the values."""
    each = strengths.to(values.dtype).view(-1, *[1] * (values.ndim - 1))
    return torch.where(each == 0, each, each * values)


def _again(layer: nn.Module, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """What a layer of that kind gives with another weight and bias."""
    match layer:
        case nn.Linear():
            return functional.linear(x, weight, bias)
        case nn.Conv2d():
            return functional.conv2d(x, weight, bias, layer.stride, layer.padding)
        case nn.GroupNorm():
            return functional.group_norm(x, layer.num_groups, weight, bias, layer.eps)
        case nn.LayerNorm():
            return functional.layer_norm(x, layer.normalized_shape, weight, bias, layer.eps)
        case nn.Embedding():
            return functional.embedding(x, weight)
    raise TypeError(f"a LoRA cannot be computed beside a {type(layer).__name__}")


def _fixed(values: Tensor, device: torch.device, dtype: torch.dtype) -> nn.Parameter:
    return nn.Parameter(values.detach().to(device, dtype), requires_grad=False)
