"""Stable Diffusion's autoencoder: what diffusers' AutoencoderKL computes, bit for bit, under its names of weights."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from dreamreel.models.networks.blocks import Attention, Downsample2D, ResnetBlock2D, Upsample2D
from dreamreel.models.networks.configured import Network, records_config
from dreamreel.models.networks.latents import Decoded, Encoded

EPS = 1e-6


@dataclass(frozen=True, eq=False)
class Gaussian:
    """mean, std: (B, C, h, w)."""

    mean: Tensor
    std: Tensor


class PixelAttention(Attention):
    """Attention of one head among all pixels of (B, C, h, w), beside a shortcut."""

    def __init__(self, width: int, groups: int) -> None:
        super().__init__(width, 1, width, bias=True)
        self.group_norm = nn.GroupNorm(groups, width, EPS)

    def forward(self, x: Tensor, others: Tensor | None = None) -> Tensor:
        num, width, height, across = x.shape
        rows = x.view(num, width, height * across).transpose(1, 2)
        rows = self.group_norm(rows.transpose(1, 2)).transpose(1, 2)
        attended = super().forward(rows, others)
        return attended.transpose(-1, -2).reshape(num, width, height, across) + x


class Middle(nn.Module):
    """Residual, attention, residual at the smallest size."""

    def __init__(self, width: int, groups: int, attends: bool) -> None:
        super().__init__()
        self.resnets = nn.ModuleList([ResnetBlock2D(width, width, groups, EPS) for _ in range(2)])
        self.attentions = nn.ModuleList([PixelAttention(width, groups)] if attends else [])

    def forward(self, x: Tensor) -> Tensor:
        x = self.resnets[0](x)
        for attention in self.attentions:
            x = attention(x)
        return self.resnets[1](x)


class Level(nn.Module):
    """Residual blocks, then half or twice the size, or neither at the last level."""

    def __init__(self, width: int, out: int, layers: int, groups: int, resize: nn.Module | None, name: str) -> None:
        super().__init__()
        widths = [width, *[out] * (layers - 1)]
        self.resnets = nn.ModuleList([ResnetBlock2D(each, out, groups, EPS) for each in widths])
        if resize is not None:
            self.add_module(name, nn.ModuleList([resize]))
        self._name = name if resize is not None else ""

    def forward(self, x: Tensor) -> Tensor:
        for resnet in self.resnets:
            x = resnet(x)
        return self.get_submodule(self._name)[0](x) if self._name else x  # type: ignore[index]


class Encoder(nn.Module):
    """Pictures to the mean and the logarithm of the variance of their latents."""

    def __init__(self, pixels: int, out: int, widths: Sequence[int], layers: int, groups: int, attends: bool) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(pixels, widths[0], 3, padding=1)
        self.down_blocks = nn.ModuleList()
        for idx, width in enumerate(widths):
            half = Downsample2D(width, padding=0) if idx + 1 < len(widths) else None
            self.down_blocks.append(Level(widths[max(idx - 1, 0)], width, layers, groups, half, "downsamplers"))
        self.mid_block = Middle(widths[-1], groups, attends)
        self.conv_norm_out = nn.GroupNorm(groups, widths[-1], EPS)
        self.conv_out = nn.Conv2d(widths[-1], 2 * out, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_in(x)
        for block in self.down_blocks:
            x = block(x)
        return self.conv_out(functional.silu(self.conv_norm_out(self.mid_block(x))))


class Decoder(nn.Module):
    """Latents to pictures."""

    def __init__(self, width: int, pixels: int, widths: Sequence[int], layers: int, groups: int, attends: bool) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(width, widths[-1], 3, padding=1)
        self.mid_block = Middle(widths[-1], groups, attends)
        self.up_blocks = nn.ModuleList()
        for idx in reversed(range(len(widths))):
            above = widths[min(idx + 1, len(widths) - 1)]
            twice = Upsample2D(widths[idx]) if idx else None
            self.up_blocks.append(Level(above, widths[idx], layers + 1, groups, twice, "upsamplers"))
        self.conv_norm_out = nn.GroupNorm(groups, widths[0], EPS)
        self.conv_out = nn.Conv2d(widths[0], pixels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.mid_block(self.conv_in(x))
        for block in self.up_blocks:
            x = block(x)
        return self.conv_out(functional.silu(self.conv_norm_out(x)))


class AutoencoderKL(Network):
    """Pictures (B, 3, H, W) in [-1, 1] <-> latents (B, C, H/f, W/f), f = 2 ** (levels - 1)."""

    @records_config
    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        block_out_channels: Sequence[int] = (64,),
        layers_per_block: int = 1,
        latent_channels: int = 4,
        norm_num_groups: int = 32,
        scaling_factor: float = 0.18215,  # noqa: ARG002 - a part of the configuration
        use_quant_conv: bool = True,
        use_post_quant_conv: bool = True,
        mid_block_add_attention: bool = True,
        sample_size: int = 32,  # noqa: ARG002 - a part of the configuration
    ) -> None:
        super().__init__()
        shape = (list(block_out_channels), layers_per_block, norm_num_groups, mid_block_add_attention)
        self.encoder = Encoder(in_channels, latent_channels, *shape)
        self.decoder = Decoder(latent_channels, out_channels, *shape)
        if use_quant_conv:
            self.quant_conv = nn.Conv2d(2 * latent_channels, 2 * latent_channels, 1)
        if use_post_quant_conv:
            self.post_quant_conv = nn.Conv2d(latent_channels, latent_channels, 1)
        self._quant, self._post_quant = use_quant_conv, use_post_quant_conv

    def encode(self, x: Tensor) -> Encoded:
        """x: (B, 3, H, W)."""
        moments = self.encoder(x)
        mean, log_variance = (self.quant_conv(moments) if self._quant else moments).chunk(2, dim=1)
        return Encoded(Gaussian(mean, torch.exp(0.5 * log_variance.clamp(-30.0, 20.0))))

    def decode(self, z: Tensor) -> Decoded:
        """z: (B, C, h, w), divided by the scaling factor."""
        return Decoded(self.decoder(self.post_quant_conv(z) if self._post_quant else z))
