"""A model made of diffusers' and transformers' modules: CLIP text encoder, UNet and AutoencoderKL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dreamreel.models.bundle import ModelFacts
from dreamreel.models.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class Modules:
    """The parts as they were loaded, on one device and of one dtype.

    tokenizer: CLIPTokenizer. text_encoder: CLIPTextModel. unet: UNet2DConditionModel. vae: AutoencoderKL.
    """

    tokenizer: Any
    text_encoder: Any
    unet: Any
    vae: Any

    def to(self, device: torch.device, dtype: torch.dtype) -> "Modules":
        """The parts moved and set to inference; on CUDA with convolutions in the channels-last layout.

        Not on a CPU: there the plain layout gives the original's frames to the last bit.
        """
        for network in (self.text_encoder, self.unet, self.vae):
            network.to(device, dtype).eval()
        if device.type == "cuda":
            self.unet.to(memory_format=torch.channels_last)
            self.vae.to(memory_format=torch.channels_last)
        return self


class DiffusersBundle:
    """ModelBundle over Modules. vocabulary: for a model that knows only some words."""

    def __init__(self, modules: Modules, facts: ModelFacts, vocabulary: Vocabulary | None = None) -> None:
        self.modules = modules
        self.facts = facts
        self._vocabulary = vocabulary
        self._device, self._dtype = modules.unet.device, modules.unet.dtype
        self._layout = torch.channels_last if self._device.type == "cuda" else torch.contiguous_format
        self._scale: float = modules.vae.config.scaling_factor

    def embed(self, prompts: Sequence[str]) -> Tensor:
        tokens = self.modules.tokenizer(list(prompts), padding="max_length", truncation=True, return_tensors="pt")
        hidden = self.modules.text_encoder(tokens.input_ids.to(self._device)).last_hidden_state
        return hidden.float()

    def remarks(self, prompt: str) -> list[str]:
        found = self._vocabulary.remarks(prompt) if self._vocabulary else []
        tokenizer = self.modules.tokenizer
        tokens = tokenizer(prompt, truncation=False, verbose=False).input_ids
        limit = tokenizer.model_max_length
        if len(tokens) > limit:
            cut = tokenizer.decode(tokens[limit - 1 : -1]).strip()
            found.append(f'the text encoder takes {limit} tokens; cut off: "{cut[:200]}"')
        return found

    def encode(self, samples: Tensor, noise: Tensor) -> Tensor:
        posterior = self.modules.vae.encode(self._in(samples)).latent_dist
        return self._scale * (posterior.mean.float() + posterior.std.float() * noise.to(self._device))

    def denoise(self, x: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        eps = self.modules.unet(
            self._in(x), t.to(self._device), encoder_hidden_states=cond.to(self._device, self._dtype)
        )
        return eps.sample.float()

    def decode(self, latents: Tensor) -> Tensor:
        return self.modules.vae.decode(self._in(1.0 / self._scale * latents)).sample.float()

    def _in(self, values: Tensor) -> Tensor:
        return values.to(self._device, self._dtype, memory_format=self._layout)


def alphas_cumprod(config: dict[str, Any]) -> NDArray[np.float32]:
    """(T,) float32 from a scheduler's configuration, computed in float64 as the original did.

    ldm/modules/diffusionmodules/util.py, `make_beta_schedule`: "linear" there is scaled_linear here.
    """
    first, last = config["beta_start"] ** 0.5, config["beta_end"] ** 0.5
    betas = torch.linspace(first, last, config["num_train_timesteps"], dtype=torch.float64) ** 2
    return np.cumprod(1.0 - betas.numpy()).astype(np.float32)
