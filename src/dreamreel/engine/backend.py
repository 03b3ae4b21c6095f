"""Calls -> answers: one forward pass of a model for a call, its rows side by side."""

from collections import OrderedDict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dreamreel.diffusion.calls import Call, Decode, Denoise, Embed, Encode, Host
from dreamreel.errors import NumbersError
from dreamreel.models.bundle import ModelBundle

PROMPTS_KEPT = 64


class Backend:
    """Answers calls with one model. Not for several threads at once."""

    def __init__(self, bundle: ModelBundle) -> None:
        self.bundle = bundle
        self._conditions: OrderedDict[str, Tensor] = OrderedDict()

    @torch.inference_mode()
    def answer(self, call: Call) -> Any:
        """The answer that the call's docstring promises."""
        match call:
            case Host():
                return call.function(*call.arguments)
            case Denoise():
                return self._denoise(call)
            case Embed():
                return self._embed(call.prompt)
            case Encode():
                return self.bundle.encode(call.sample, call.noise)
            case Decode():
                return self._decode(call)

    def _embed(self, prompt: str) -> Tensor:
        if prompt not in self._conditions:
            self._conditions[prompt] = self.bundle.embed([prompt])
            if len(self._conditions) > PROMPTS_KEPT:
                self._conditions.popitem(last=False)
        self._conditions.move_to_end(prompt)
        return self._conditions[prompt]

    def _decode(self, call: Decode) -> NDArray[np.uint8]:
        """Raises NumbersError for what no model means to draw: numbers that are none, or a black picture."""
        sample = self.bundle.decode(call.latents)
        if not bool(torch.isfinite(sample).all()):
            raise NumbersError("the picture has numbers that are infinite or none")
        image = to_image(sample, call.unbiased)
        if not image.any():
            raise NumbersError("the picture is black throughout")
        return image

    def _denoise(self, call: Denoise) -> Tensor:
        rows = torch.cat([call.x * call.c_in] * 2)
        t = torch.full((2,), call.t, dtype=torch.float32)
        eps = self.bundle.denoise(rows, t, torch.cat([call.uncond, call.cond]))
        uncond, cond = (call.c_skip * call.x + eps * call.c_out).chunk(2)
        return uncond + (cond - uncond) * call.cfg_scale


def to_image(sample: Tensor, unbiased: bool = False) -> NDArray[np.uint8]:
    """A decoder's output (1, 3, H, W) as the image (H, W, 3) uint8: the animation's state.

    Source: replicate.py, `sample_to_cv2`; levels are cut, not rounded, unless unbiased.
    """
    levels = (sample[0].float() * 0.5 + 0.5).clamp(0, 1) * 255
    if unbiased:
        levels = levels.round()
    return np.ascontiguousarray(levels.to(torch.uint8).permute(1, 2, 0).cpu().numpy())
