"""A model of Stable Diffusion's parts: CLIP text encoder, UNet and autoencoder."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from dreamreel.models.bundle import ModelFacts
from dreamreel.models.devices import to_device
from dreamreel.models.folding import fold_upsampling
from dreamreel.models.graphs import SMALL, CudaRecorder, Graphed, Network, Pass, Recorder, TraceRecorder
from dreamreel.models.guidance import guided
from dreamreel.models.networks.clip_text import CLIPTextModel
from dreamreel.models.networks.unet import UNet2DConditionModel
from dreamreel.models.tokenizer import ClipTokenizer
from dreamreel.models.vocabulary import Vocabulary
from dreamreel.models.weights import check_precision

# Channels of a network's widest level from which on it is not tiny.
WIDE = 64


@dataclass(frozen=True, eq=False)
class Modules:
    """The parts as they were loaded, on one device and of one dtype.

    vae: an AutoencoderKL, or another that keeps its contract (networks/latents.py).
    """

    tokenizer: ClipTokenizer
    text_encoder: CLIPTextModel
    unet: UNet2DConditionModel
    vae: Any

    def to(self, device: torch.device, dtype: torch.dtype) -> "Modules":
        """The parts moved and set to inference, in the form that computes fastest (docs/performance.md)."""
        if self.is_wide:
            fold_upsampling(self.unet)
            fold_upsampling(self.vae)
        for name in ("text_encoder", "unet", "vae"):
            check_precision(getattr(self, name), dtype, name)
        for network in (self.text_encoder, self.unet, self.vae):
            network.to(device, dtype).eval().requires_grad_(False)
        for network in (self.unet, self.vae):
            network.to(memory_format=self.layout)  # type: ignore[call-overload]
        return self

    @property
    def is_wide(self) -> bool:
        """Whether speed counts. Tiny networks are computed as the original did, to the last bit (docs/exactness.md)."""
        return bool(max(self.unet.config.block_out_channels) >= WIDE)

    @property
    def layout(self) -> torch.memory_format:
        """Channels last where it is faster: on CUDA, and on a CPU with networks that are not tiny."""
        fast = self.unet.device.type == "cuda" or self.is_wide
        return torch.channels_last if fast else torch.contiguous_format


class DiffusersBundle:
    """ModelBundle over Modules. vocabulary: for a model that knows only some words."""

    def __init__(self, modules: Modules, facts: ModelFacts, vocabulary: Vocabulary | None = None) -> None:
        self.modules = modules
        self.facts = facts
        self._vocabulary = vocabulary
        self._device, self._dtype = modules.unet.device, modules.unet.dtype
        self._layout = modules.layout
        self._scale: float = modules.vae.config.scaling_factor
        self._encode, self._denoise, self._decode = self._networks()

    def _networks(self) -> tuple[Network, Network, Network]:
        """Functions of tensors alone; recorded on CUDA, and where they are small but not tiny on a CPU (graphs.py)."""
        unet, vae = self.modules.unet, self.modules.vae

        def encode(samples: Tensor) -> Tensor:
            posterior = vae.encode(samples).latent_dist
            return torch.cat([posterior.mean, posterior.std], 1)

        def network(x: Tensor, t: Tensor, cond: Tensor) -> Tensor:
            return unet(self._in(x), t, cond).float()

        def denoise(x: Tensor, scales: Tensor, cond: Tensor) -> Tensor:
            return guided(network, x, scales, cond)

        def decode(latents: Tensor) -> Tensor:
            return vae.decode(latents).sample

        recorder: Recorder
        passes = Pass(encode, vae), Pass(denoise, unet), Pass(decode, vae)
        if self._device.type == "cuda":
            recorder = CudaRecorder(self._device)
        elif self._device.type == "cpu" and self.modules.is_wide and _num_parameters(unet) <= SMALL:
            recorder = TraceRecorder()
        else:
            return passes
        encoding, denoising, decoding = (Graphed(each, recorder) for each in passes)
        return encoding, denoising, decoding

    def embed(self, prompts: Sequence[str]) -> Tensor:
        if self._vocabulary:
            prompts = [self._vocabulary.translated(prompt) for prompt in prompts]
        ids = torch.tensor(self.modules.tokenizer.padded(prompts))
        return self.modules.text_encoder(to_device(ids, self._device)).float()

    def encode(self, samples: Tensor, noise: Tensor) -> Tensor:
        mean, std = self._encode(self._in(samples)).float().chunk(2, 1)
        return self._scale * (mean + std * to_device(noise, self._device))

    def denoise(self, x: Tensor, scales: Tensor, cond: Tensor) -> Tensor:
        answer = self._denoise(x.to(self._device), scales.to(self._device), cond.to(self._device, self._dtype))
        return answer.clone()  # a recording writes its next answer over this one

    def decode(self, latents: Tensor) -> Tensor:
        return self._decode(self._in(1.0 / self._scale * latents)).float()

    def _in(self, values: Tensor) -> Tensor:
        return to_device(values, self._device).to(self._dtype, memory_format=self._layout)


def _num_parameters(network: Any) -> int:
    return sum(each.numel() for each in network.parameters())
