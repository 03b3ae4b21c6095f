"""What an autoencoder gives, whatever it is made of: the contract of diffusers' AutoencoderKL."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


class Distribution(Protocol):
    """Of latents, (B, C, h, w) each."""

    @property
    def mean(self) -> Tensor:
        """The most likely latents."""

    @property
    def std(self) -> Tensor:
        """Their spread."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Of an encoder that is sure of itself: std is 0."""

    mean: Tensor

    @property
    def std(self) -> Tensor:
        return torch.zeros_like(self.mean)


@dataclass(frozen=True, eq=False)
class Encoded:
    """latent_dist: of the latents."""

    latent_dist: Distribution


@dataclass(frozen=True, eq=False)
class Decoded:
    """sample: (B, 3, H, W), about -1 to 1."""

    sample: Tensor
