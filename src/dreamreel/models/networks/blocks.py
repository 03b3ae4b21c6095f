"""The parts that the UNet and the autoencoder have in common, under diffusers' names for their weights.

The order of every operation is that of diffusers 0.42: tests hold the numbers to its, bit for bit.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


class ResnetBlock2D(nn.Module):
    """Two normalised 3x3 convolutions beside a shortcut; the time comes in between them.

    time_width: of the time's embedding, 0 for none. scale_shift: the time scales and shifts after the second
    normalisation, else it is added before it.
    """

    def __init__(
        self, width: int, out: int, groups: int, eps: float, time_width: int = 0, scale_shift: bool = False
    ) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, width, eps)
        self.conv1 = nn.Conv2d(width, out, 3, padding=1)
        if time_width:
            self.time_emb_proj = nn.Linear(time_width, 2 * out if scale_shift else out)
        self.norm2 = nn.GroupNorm(groups, out, eps)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1)
        self.conv_shortcut = nn.Conv2d(width, out, 1) if width != out else None
        self._timed, self._scale_shift = bool(time_width), scale_shift

    def forward(self, x: Tensor, time: Tensor | None = None) -> Tensor:
        hidden = self.conv1(functional.silu(self.norm1(x)))
        if self._timed:
            assert time is not None
            time = self.time_emb_proj(functional.silu(time))[:, :, None, None]
        if self._scale_shift and time is not None:
            scale, shift = time.chunk(2, dim=1)
            hidden = self.norm2(hidden) * (1 + scale) + shift
        else:
            hidden = self.norm2(hidden if time is None else hidden + time)
        hidden = self.conv2(functional.silu(hidden))
        return (x if self.conv_shortcut is None else self.conv_shortcut(x)) + hidden


class Upsample2D(nn.Module):
    """Twice the height and width by repeating pixels, then a 3x3 convolution (folding.py does both in one)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor, size: torch.Size | None = None) -> Tensor:
        """size: (H, W) of the result where it is not exactly twice that of x."""
        if x.shape[0] >= 64 or 2 * x.numel() > 2**31:  # what torch's kernel for channels last cannot do
            x = x.contiguous()
        if size is None:
            return self.conv(functional.interpolate(x, scale_factor=2.0, mode="nearest"))
        return self.conv(functional.interpolate(x, size=size, mode="nearest"))


class Downsample2D(nn.Module):
    """Half the height and width. padding: 1 all around, or 0 for the autoencoder's, which pads right and below."""

    def __init__(self, width: int, padding: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, stride=2, padding=padding)

    def forward(self, x: Tensor) -> Tensor:
        if self.conv.padding == (0, 0):
            x = functional.pad(x, (0, 1, 0, 1))
        return self.conv(x)


class Attention(nn.Module):
    """Multi-head attention of rows (B, n, width), to themselves or to others (B, m, other_width).

    other_width: None for itself. bias: of the three projections in; the one out always has it.
    """

    def __init__(self, width: int, heads: int, head_width: int, other_width: int | None = None, bias: bool = False):
        super().__init__()
        inner, other = heads * head_width, other_width or width
        self.to_q = nn.Linear(width, inner, bias=bias)
        self.to_k = nn.Linear(other, inner, bias=bias)
        self.to_v = nn.Linear(other, inner, bias=bias)
        self.to_out = nn.ModuleList([nn.Linear(inner, width)])
        self._heads = heads

    def forward(self, x: Tensor, others: Tensor | None = None) -> Tensor:
        others = x if others is None else others
        parts = (self.to_q(x), self.to_k(others), self.to_v(others))
        q, k, v = (each.view(len(x), -1, self._heads, each.shape[-1] // self._heads).transpose(1, 2) for each in parts)
        attended = functional.scaled_dot_product_attention(q, k, v)
        return self.to_out[0](attended.transpose(1, 2).reshape(len(x), -1, self.to_q.out_features))
