"""A TAESD as a network that decodes small pictures of frames that are being drawn."""

import logging
from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from dreamreel.diffusion.calls import Call, Preview
from dreamreel.diffusion.watched import Picture
from dreamreel.engine.network import Later
from dreamreel.errors import first_line
from dreamreel.imaging.convert import to_picture
from dreamreel.models.layout import latent_factor
from dreamreel.models.networks.tiny_vae import AutoencoderTiny

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")
# Pixels of its pictures each way, about: of larger ones the latents are made smaller first, which is less work.
SIDE = 256


class PreviewDecoder:
    """The Network that answers Preview with a small picture (h, w, 3) uint8, or None where it could not.

    vae: on its device, set to inference. No frame may fail by it.
    """

    def __init__(self, vae: AutoencoderTiny) -> None:
        self._vae, self._factor = vae, latent_factor(type(vae).__name__, vars(vae.config))

    def group(self, call: Call[object]) -> Hashable:
        return id(call)

    def most(self, call: Call[object]) -> int:  # noqa: ARG002
        return 1

    def known(self, call: Call[object]) -> object | None:  # noqa: ARG002
        return None

    def run(self, calls: Sequence[Call[Answer]]) -> list[Answer | Later[Answer]]:
        return [self._decoded(call.latents) for call in calls if isinstance(call, Preview)]  # type: ignore[misc]

    def shrink(self, call: Call[object]) -> None:
        raise NotImplementedError("a preview is one row, and runs out of memory by itself")

    def _decoded(self, latents: Tensor) -> Picture | None:
        try:
            height, width = latents.shape[2:]
            less = max(1, round(self._factor * max(height, width) / SIDE))
            latents = adaptive_avg_pool2d(latents, (max(1, height // less), max(1, width // less)))
            weight = next(self._vae.parameters())
            sample = self._vae.decode(latents.to(weight.device, weight.dtype)).sample[0]
        except (RuntimeError, MemoryError) as error:
            log.warning("no preview: %s", first_line(error))
            return None
        return np.asarray(to_picture(torch.nan_to_num(sample.float()).cpu().numpy(), unbiased=True), np.uint8)
