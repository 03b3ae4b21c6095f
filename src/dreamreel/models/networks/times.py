"""What the UNet and a ControlNet know beside their latents: the time, the text as a whole, sizes, and the guidance.

The order of every operation is that of diffusers 0.42: tests hold the numbers to its, bit for bit.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


class TimestepEmbedding(nn.Module):
    """Two layers over the sines of a time. told: how many numbers go along that say something else, 0 for none."""

    def __init__(self, width: int, out: int, told: int = 0) -> None:
        super().__init__()
        if told:
            self.cond_proj = nn.Linear(told, width, bias=False)
        self.linear_1, self.linear_2 = nn.Linear(width, out), nn.Linear(out, out)

    def forward(self, x: Tensor, told: Tensor | None = None) -> Tensor:
        x = x if told is None else x + self.cond_proj(told)
        return self.linear_2(functional.silu(self.linear_1(x)))


class AttentionPooling(nn.Module):
    """One row for many: what their mean, and a learned position, attends to."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.positional_embedding = nn.Parameter(nn.init.normal_(torch.empty(1, width), std=width**-0.5))
        self.k_proj, self.q_proj, self.v_proj = (nn.Linear(width, width) for _ in range(3))
        self._heads = heads

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(dim=1, keepdim=True) + self.positional_embedding.to(x.dtype)
        x = torch.cat([mean, x], dim=1)
        q, k, v = self._split(self.q_proj(mean)), self._split(self.k_proj(x)), self._split(self.v_proj(x))
        scale = 1 / math.sqrt(math.sqrt(q.shape[1]))
        weight = torch.einsum("bct,bcs->bts", q * scale, k * scale)
        weight = torch.softmax(weight.float(), dim=-1).type(weight.dtype)
        pooled = torch.einsum("bts,bcs->bct", weight, v)
        return pooled.reshape(len(x), -1, 1).transpose(1, 2)[:, 0, :]

    def _split(self, x: Tensor) -> Tensor:
        """(B, n, width) to (B * heads, width / heads, n)."""
        num, _, width = x.shape
        x = x.view(num, -1, self._heads, width // self._heads).transpose(1, 2)
        return x.reshape(num * self._heads, -1, width // self._heads).transpose(1, 2)


class TextTimeEmbedding(nn.Module):
    """The text as a whole, for where the time goes."""

    def __init__(self, text_width: int, out: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.pool = nn.LayerNorm(text_width), AttentionPooling(text_width, heads)
        self.proj, self.norm2 = nn.Linear(text_width, out), nn.LayerNorm(out)

    def forward(self, cond: Tensor) -> Tensor:
        return self.norm2(self.proj(self.pool(self.norm1(cond))))


def sines(t: Tensor, width: int, flip: bool, shift: float) -> Tensor:
    """(B,) times to (B, width) float32 [Ho et al. 2020]."""
    half = width // 2
    exponent = -math.log(10000) * torch.arange(0, half, dtype=torch.float32, device=t.device)
    angles = t[:, None].float() * torch.exp(exponent / (half - shift))[None, :]
    sines = torch.cat([torch.sin(angles), torch.cos(angles)], dim=-1)
    sines = torch.cat([sines[:, half:], sines[:, :half]], dim=-1) if flip else sines
    return functional.pad(sines, (0, 1)) if width % 2 else sines


def told_sines(guidance: Tensor, width: int) -> Tensor:
    """(B,) scales to (B, width) float32 [Luo et al. 2023, Latent Consistency Models; diffusers counts from 1]."""
    half = width // 2
    frequencies = torch.exp(
        torch.arange(half, dtype=torch.float32, device=guidance.device) * -(math.log(10000) / (half - 1))
    )
    angles = 1000.0 * (guidance[:, None].float() - 1) * frequencies[None]
    return functional.pad(torch.cat([torch.sin(angles), torch.cos(angles)], dim=1), (0, width % 2))
