"""Enlarging by two and then convolving, as one convolution of the small picture: four ninths of the arithmetic.

Each 3x3 window on a picture whose pixels were doubled sees only 2x2 different ones, so the taps that fall on
the same pixel are added beforehand. The sums are the same numbers in another order: last bits differ.
"""

from typing import TypeVar

import torch
from torch import Tensor, nn

from dreamreel.models.networks.blocks import Upsample2D

Kind = TypeVar("Kind", bound=nn.Module)
# How the path of the convolution ends that a FoldedUpsample stands for.
FOLDED = ".original.conv"


class FoldedUpsample(nn.Module):
    """Stands for an Upsample2D. original: that one. Its own weights are float32 until it is moved."""

    def __init__(self, original: Upsample2D) -> None:
        super().__init__()
        self.original, self.is_shown = original, True
        rows = _fold(original.conv.weight.detach().float(), 2)
        phases = torch.cat([phase for each in rows for phase in _fold(each, 3)])
        self.weight = nn.Parameter(phases, requires_grad=False)
        bias = original.conv.bias
        assert bias is not None
        self.bias = nn.Parameter(bias.detach().repeat(4), requires_grad=False)

    def forward(self, x: Tensor, size: torch.Size | None = None) -> Tensor:
        """(B, C, h, w) to (B, C', 2h, 2w); to another size as the original does it."""
        if size is not None or not self.is_shown:
            return self.original(x, size)
        num, _, height, width = x.shape
        phases = torch.conv2d(x, self.weight, self.bias, padding=1).permute(0, 2, 3, 1)
        channels = phases.shape[-1] // 4
        drawn = phases.new_empty(num, height, 2, width, 2, channels)
        for phase in range(4):
            down, right = divmod(phase, 2)
            part = phases[:, down : down + height, right : right + width, phase * channels : (phase + 1) * channels]
            drawn[:, :, down, :, right] = part
        return drawn.view(num, 2 * height, 2 * width, channels).permute(0, 3, 1, 2)


def _fold(weight: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Three taps along axis to the two that the even and the odd pixels of a doubled picture need."""
    first, middle, last = weight.unbind(axis)
    return torch.stack([first, middle + last], axis), torch.stack([first + middle, last], axis)


def fold_upsampling(network: nn.Module) -> None:
    """Replaces every Upsample2D of network."""
    for parent, name, child in _children(network, Upsample2D):
        setattr(parent, name, FoldedUpsample(child))


def show_folding(network: nn.Module, is_shown: bool) -> None:
    """Whether what fold_upsampling() put there computes, or what it stands for."""
    for _, _, child in _children(network, FoldedUpsample):
        child.is_shown = is_shown


def unfold_upsampling(network: nn.Module) -> None:
    """Puts back what fold_upsampling() replaced."""
    for parent, name, child in _children(network, FoldedUpsample):
        setattr(parent, name, child.original)


def _children(network: nn.Module, kind: type[Kind]) -> list[tuple[nn.Module, str, Kind]]:
    return [
        (parent, name, child)
        for parent in network.modules()
        for name, child in parent.named_children()
        if isinstance(child, kind)
    ]
