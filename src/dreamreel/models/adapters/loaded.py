"""A LoRA that was read for one model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from dreamreel.models.adapters.beside import Beside, Sides
from dreamreel.models.adapters.lora_file import Changes


@dataclass(frozen=True, eq=False)
class LoadedLora:
    """changes: what it adds to the model's networks, by part. beside: how these take it along."""

    changes: Changes
    beside: Mapping[str, Beside]
    _sides: dict[str, Sides] = field(default_factory=dict)

    @property
    def changes_texts(self) -> bool:
        """Whether it adds to a text encoder."""
        return any(each for part, each in self.changes.items() if part != "unet")

    @torch.inference_mode(False)
    @torch.no_grad()
    def sides(self, part: str) -> Sides:
        """What is computed beside a network: made at first use, on its device."""
        if part not in self._sides:
            self.beside[part].hook(self.changes[part])
            self._sides[part] = Sides(self.beside[part].network, self.changes[part])
        return self._sides[part]


@dataclass(frozen=True, eq=False)
class Counted:
    """A LoRA and how strongly it counts, for the UNet and for the text encoders."""

    lora: LoadedLora
    unet: float
    text: float


@dataclass(frozen=True, eq=False)
class Alongside:
    """LoRAs that a pass takes along. strengths: (n, len(loras)), of each evaluation."""

    loras: Sequence[LoadedLora]
    strengths: Tensor
