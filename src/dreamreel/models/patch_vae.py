"""The built-in model's autoencoder: AutoencoderKL's contract at a twentieth of its cost, 16 pixels per latent.

Convolutions only, without normalisation, so that a picture's corner does not depend on its middle: what a
Deforum loop encodes and decodes a hundred times must not drift as a whole. A CPU trains it in minutes.
"""

from torch import Tensor, nn
from torch.nn import functional

from dreamreel.models.networks.configured import Network, records_config
from dreamreel.models.networks.latents import Decoded, Encoded, Posterior


class Residual(nn.Module):
    """Two 3x3 convolutions beside the identity; a new one is the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias) if self.second.bias is not None else None

    def forward(self, x: Tensor) -> Tensor:
        changed: Tensor = self.second(functional.silu(self.first(functional.silu(x))))
        return x + changed


class Doubling(nn.Module):
    """Twice the height and width: a 1x1 convolution whose channels become 2x2 pixels."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.spread = nn.Conv2d(width, 4 * out, 1)

    def forward(self, x: Tensor) -> Tensor:
        return functional.pixel_shuffle(self.spread(x), 2)


class PatchVAE(Network):
    """Pictures (B, 3, H, W) in [-1, 1] <-> latents (B, C, H/16, W/16); H and W are multiples of 16.

    encoder_width: channels of the encoder. block_out_channels: of the decoder, from the picture inwards;
    each of the levels but the last doubles the size. scaling_factor: as in AutoencoderKL.
    """

    @records_config
    def __init__(
        self,
        latent_channels: int = 4,
        encoder_width: int = 96,
        block_out_channels: tuple[int, ...] = (12, 16, 32, 64, 128),
        scaling_factor: float = 1.0,  # noqa: ARG002 - a part of the configuration
    ) -> None:
        super().__init__()
        edge, *inner = block_out_channels
        wide = inner[-1]
        self.encoder = nn.Sequential(
            nn.Conv2d(192, encoder_width, 3, padding=1),
            Residual(encoder_width),
            Residual(encoder_width),
            nn.SiLU(),
            nn.Conv2d(encoder_width, latent_channels, 1),
        )
        levels: list[nn.Module] = [Residual(wide)]
        for width, smaller in zip(inner[:0:-1], inner[-2::-1], strict=True):
            levels += [Residual(width), Residual(width), Doubling(width, smaller)]
        first = [nn.Conv2d(latent_channels, latent_channels, 1), nn.Conv2d(latent_channels, wide, 3, padding=1)]
        last = [Residual(inner[0]), nn.SiLU(), nn.Conv2d(inner[0], edge, 3, padding=1)]
        self.decoder = nn.Sequential(*first, *levels, *last)

    def encode(self, x: Tensor) -> Encoded:
        halved = functional.avg_pool2d(x, 2)
        return Encoded(Posterior(self.encoder(functional.pixel_unshuffle(halved, 8))))

    def decode(self, z: Tensor) -> Decoded:
        return Decoded(functional.pixel_shuffle(self.decoder(z), 2))

    def forward(self, x: Tensor) -> Decoded:
        return self.decode(self.encode(x).latent_dist.mean)
