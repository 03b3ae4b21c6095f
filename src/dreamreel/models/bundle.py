"""What every model offers, whatever its files looked like: the only thing the engine knows of weights."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from dreamreel.models.layout import Defaults

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from dreamreel.models.adapters.controlnets import Controlled
    from dreamreel.models.adapters.embeddings import EmbeddingFile
    from dreamreel.models.adapters.loaded import Alongside, Counted, LoadedLora
    from dreamreel.models.proofs import Proof


@dataclass(frozen=True, eq=False)
class ModelFacts:
    """What others may know of a model without touching its weights.

    name: as the user gave it. title: for people. latent_channels, latent_factor: C and the pixels
    per latent each way. alphas_cumprod: (T,) float32, the last may be 0. prediction: what the network was trained
    to predict: epsilon, v_prediction or sample. is_told: see NoiseSchedule.
    device, precision: where and how it computes. latents: SD or XL of models/latents.py, or empty: its own.
    """

    name: str
    title: str
    latent_channels: int
    latent_factor: int
    alphas_cumprod: NDArray[np.float32]
    device: str
    precision: str
    defaults: Defaults = field(default_factory=Defaults)
    prediction: str = "epsilon"
    is_told: bool = False
    latents: str = ""


class ModelBundle(Protocol):
    """Text encoder, VAE and denoising network of one model. Rows (B) are independent of each other.

    Tensors come in on any device and go out on the model's, float32. The caller holds inference mode.
    """

    @property
    def facts(self) -> ModelFacts:
        """The model's facts; cheap."""

    @property
    def proofs(self) -> "Iterable[Proof]":
        """What was held to its plain form up to now."""

    def embed(self, prompts: Sequence[str], loras: "Sequence[Counted]" = ()) -> "Tensor":
        """Conditions of B prompts, (B, tokens, width). Text beyond the token limit is cut.

        loras: that are taken along, here and elsewhere.
        """

    def read(
        self, phrase: Sequence[tuple[str, float]], chunks: int, skip: int, loras: "Sequence[Counted]" = ()
    ) -> "tuple[Tensor, int]":
        """The condition of weighted words, (1, rows, width), in chunks of as many tokens as embed() gives.

        Beside it, how many of its last rows are of the text as a whole.

        phrase: words and the factor on what the text encoder makes of each. chunks: at most; the rest is cut. skip:
        last layers of the encoder that are left out.
        """

    def encode(self, samples: "Tensor", noise: "Tensor") -> "Tensor":
        """Samples (B, 3, H, W) in [-1, 1] to latents (B, C, h, w): mean + std * noise, times the scale."""

    def denoise(
        self,
        x: "Tensor",
        scales: "Tensor",
        cond: "Tensor",
        loras: "Alongside | None" = None,
        controlled: "Controlled | None" = None,
    ) -> "Tensor":
        """Guided evaluations of the network, a row for each condition: see guidance.guided for the shapes.

        controlled: the ControlNets that lead all of them.
        """

    def decode(self, latents: "Tensor") -> "Tensor":
        """Latents (B, C, h, w) to samples (B, 3, H, W), about [-1, 1], not clamped."""

    def read_lora(self, path: "Path") -> "LoadedLora":
        """The LoRA in path, for this model; from any thread. Raises ModelError."""

    def learn(self, files: "Sequence[EmbeddingFile]") -> None:
        """Has prompts read the names of embeddings as their vectors, of those that fit the text encoders; of no others.

        From any thread. Raises ModelError.
        """

    @property
    def own_bytes(self) -> int:
        """What the weights of a merged model take that the one it was made of does not hold; 0 of any other."""

    def merged(self, loras: "Sequence[Counted]") -> "ModelBundle":
        """The model with LoRAs in its weights; it shares all that they leave as it is. From any thread."""
