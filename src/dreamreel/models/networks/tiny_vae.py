"""TAESD: an autoencoder for Stable Diffusion's latents with a fortieth of its own one's weights, and no more colours.

What diffusers' AutoencoderTiny computes, bit for bit, under its names of weights [github.com/madebyollin/taesd].
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from dreamreel.models.networks.configured import Network, records_config
from dreamreel.models.networks.latents import Decoded, Encoded, Posterior


class Block(nn.Module):
    """Three convolutions beside the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        first, second, third = (nn.Conv2d(width, width, 3, padding=1) for _ in range(3))
        self.conv = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), third)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.conv(x) + x)


class Half(nn.Module):
    """One half of it: layers, one after the other."""

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class AutoencoderTiny(Network):
    """Pictures (B, 3, H, W) in [-1, 1] <-> latents (B, C, H/8, W/8), which are already times the model's factor.

    The arguments are diffusers'. An encoder that is sure of itself: its spread is 0.
    """

    @records_config
    def __init__(
        self,
        latent_channels: int = 4,
        encoder_block_out_channels: Sequence[int] = (64, 64, 64, 64),
        decoder_block_out_channels: Sequence[int] = (64, 64, 64, 64),
        num_encoder_blocks: Sequence[int] = (1, 3, 3, 3),
        num_decoder_blocks: Sequence[int] = (3, 3, 3, 1),
        scaling_factor: float = 1.0,  # noqa: ARG002 - a part of the configuration
    ) -> None:
        super().__init__()
        first, last = encoder_block_out_channels[0], encoder_block_out_channels[-1]
        encoding: list[nn.Module] = [nn.Conv2d(3, first, 3, padding=1)]
        for level, (width, blocks) in enumerate(zip(encoder_block_out_channels, num_encoder_blocks, strict=True)):
            encoding += [nn.Conv2d(width, width, 3, 2, 1, bias=False)] if level else []
            encoding += [Block(width) for _ in range(blocks)]
        self.encoder = Half([*encoding, nn.Conv2d(last, latent_channels, 3, padding=1)])
        inner, final = decoder_block_out_channels[0], len(num_decoder_blocks) - 1
        decoding: list[nn.Module] = [nn.Conv2d(latent_channels, inner, 3, padding=1), nn.ReLU()]
        for level, (width, blocks) in enumerate(zip(decoder_block_out_channels, num_decoder_blocks, strict=True)):
            decoding += [Block(width) for _ in range(blocks)]
            if level < final:
                decoding += [nn.Upsample(scale_factor=2), nn.Conv2d(width, width, 3, padding=1, bias=False)]
            else:
                decoding += [nn.Conv2d(width, 3, 3, padding=1)]
        self.decoder = Half(decoding)

    def encode(self, x: Tensor) -> Encoded:
        return Encoded(Posterior(self.encoder(x.add(1).div(2))))

    def decode(self, z: Tensor) -> Decoded:
        return Decoded(self.decoder(torch.tanh(z / 3) * 3).mul(2).sub(1))
