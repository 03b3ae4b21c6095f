"""The built-in model's autoencoder: the latent is the picture itself, small, and only the way back is learned.

Latents are the means of 8x8 pixels, 2x2 of them as Haar coefficients in 12 channels: 16 pixels per latent. So they
turn, shift and grow as pictures do, and the encoder costs nothing. The decoder adds edges to the enlarged small
picture, and what comes out is corrected until its own means are the given ones: colours cannot drift, however often a
Deforum loop encodes and decodes.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from dreamreel.models.networks.configured import Network, records_config
from dreamreel.models.networks.latents import Decoded, Encoded, Posterior

CELL = 8  # pixels whose mean is one number of the small picture
CORRECTIONS = 3  # each leaves a small part of the difference of the means

# Of red, green and blue, each: mean, difference across, difference down, diagonal. Measured on the training's pictures.
MEANS = (-0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.29, 0.0, 0.0, 0.0)
SPREADS = (1.0, 0.15, 0.15, 0.075) * 3
GAIN = 1.6  # the signal's strength at a given level of noise: how much a film keeps of the frame before


class Growing(nn.Module):
    """Twice the height and width: a 1x1 convolution that starts as the nearest neighbour."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.spread = nn.Conv2d(width, 4 * out, 1)
        weight = torch.empty(out, width, 1, 1)
        nn.init.kaiming_uniform_(weight, a=math.sqrt(5))
        with torch.no_grad():
            self.spread.weight.copy_(weight.repeat_interleave(4, 0))
            if self.spread.bias is not None:
                self.spread.bias.zero_()

    def forward(self, x: Tensor) -> Tensor:
        return functional.pixel_shuffle(self.spread(x), 2)


class Refining(nn.Module):
    """Two 3x3 convolutions beside the identity; a new one is the identity.

    What they see has mean square 1 at every pixel: without that, training stays or goes astray at rates above 5e-4.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(1, width, 1, 1))
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias) if self.second.bias is not None else None

    def forward(self, x: Tensor) -> Tensor:
        seen = x * (x.pow(2).mean(1, keepdim=True) + 1e-4).rsqrt() * self.gain
        changed: Tensor = self.second(functional.silu(self.first(seen)))
        return x + changed


class Middle(nn.Module):
    """Residual blocks at half the height and width, beside the identity: there a block sees a whole figure."""

    def __init__(self, width: int, inner: int, blocks: int) -> None:
        super().__init__()
        self.shrink = nn.Conv2d(4 * width, inner, 1)
        self.blocks = nn.Sequential(*[Refining(inner) for _ in range(blocks)])
        self.grow = Growing(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        grown: Tensor = self.grow(self.blocks(self.shrink(functional.pixel_unshuffle(x, 2))))
        return x + grown


class AnchoredVAE(Network):
    """Pictures (B, 3, H, W) in [-1, 1] <-> latents (B, 12, H/16, W/16); H and W are multiples of 16.

    block_out_channels: of the decoder, from the picture to its eighth; each level but the last doubles the size.
    blocks: residual blocks at each level but the picture's own; between those of the smallest, mid_blocks of
    mid_channels at a sixteenth. A new decoder adds nothing. anchor: pixels of the cells whose means are held, 8 or 16.
    scaling_factor: as in AutoencoderKL.
    """

    mixing: Tensor
    center: Tensor
    scale: Tensor

    @records_config
    def __init__(
        self,
        latent_channels: int = 12,
        block_out_channels: tuple[int, ...] = (8, 24, 48, 96),
        blocks: tuple[int, ...] = (1, 2, 5),
        mid_channels: int = 192,
        mid_blocks: int = 6,
        anchor: int = 8,
        scaling_factor: float = 1.0,  # noqa: ARG002 - a part of the configuration
    ) -> None:
        super().__init__()
        edge, *inner = block_out_channels
        layers: list[nn.Module] = [nn.Conv2d(latent_channels // 4, inner[-1], 3, padding=1)]
        for level in reversed(range(len(inner))):
            level_blocks: list[nn.Module] = [Refining(inner[level]) for _ in range(blocks[level])]
            if mid_blocks and level == len(inner) - 1:
                level_blocks.insert(blocks[level] // 2, Middle(inner[level], mid_channels, mid_blocks))
            layers += level_blocks
            layers.append(Growing(inner[level], block_out_channels[level]))
        last = nn.Conv2d(edge, 3, 3, padding=1)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias) if last.bias is not None else None
        layers += [nn.SiLU(), nn.Conv2d(edge, edge, 3, padding=1), nn.SiLU(), last]
        self.decoder = nn.Sequential(*layers)
        self._anchor = anchor
        haar = torch.tensor([[1.0, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2
        spreads = torch.tensor(SPREADS).view(1, 12, 1, 1)
        # Coarse before fine: the root leaves differences weaker than means, so that noise drowns them first.
        self.register_buffer("mixing", haar, persistent=False)
        self.register_buffer("center", torch.tensor(MEANS).view(1, 12, 1, 1), persistent=False)
        self.register_buffer("scale", GAIN / (spreads * spreads.max()).sqrt(), persistent=False)

    def encode(self, x: Tensor) -> Encoded:
        return Encoded(Posterior(self.packed(functional.avg_pool2d(x, CELL))))

    def packed(self, small: Tensor) -> Tensor:
        """The latents of a picture of which every CELL x CELL pixels are one: (B, 3, H/8, W/8)."""
        parts = functional.pixel_unshuffle(small, 2)
        b, _, h, w = parts.shape
        haar = torch.einsum("ij,bcjhw->bcihw", self.mixing, parts.reshape(b, 3, 4, h, w)).flatten(1, 2)
        return (haar - self.center) * self.scale

    def small(self, z: Tensor) -> Tensor:
        """What packed was given."""
        b, _, h, w = z.shape
        haar = (z / self.scale + self.center).reshape(b, 3, 4, h, w)
        return functional.pixel_shuffle(torch.einsum("ji,bcjhw->bcihw", self.mixing, haar).flatten(1, 2), 2)

    def decode(self, z: Tensor) -> Decoded:
        wanted = self.small(z)
        picture = self.decoder(wanted) + _enlarged(wanted, CELL)
        if self._anchor > CELL:
            wanted = functional.avg_pool2d(wanted, self._anchor // CELL)
        for _ in range(CORRECTIONS):
            picture = picture + _enlarged(wanted - functional.avg_pool2d(picture, self._anchor), self._anchor)
        return Decoded(picture)

    def forward(self, x: Tensor) -> Decoded:
        return self.decode(self.encode(x).latent_dist.mean)


def _enlarged(small: Tensor, factor: int) -> Tensor:
    return functional.interpolate(small, scale_factor=float(factor), mode="bilinear")
