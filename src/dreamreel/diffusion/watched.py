"""What the steps of a frame lead to, shown while they are made. Nothing of it goes into the frame."""

from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from dreamreel.diffusion.calls import Calls, Denoise, Host, Preview, Result, ask
from dreamreel.diffusion.sigmas import NoiseSchedule
from dreamreel.diffusion.space import LatentSpace

if TYPE_CHECKING:
    from torch import Tensor

Picture = NDArray[np.uint8]


class Watcher(Protocol):
    """Who is shown a frame while it is drawn."""

    def wants(self) -> bool:
        """Whether a picture is wanted now; asked after each evaluation."""

    def show(self, evaluation: int, picture: Picture | None) -> None:
        """Shows what the frame is to become after so many evaluations, (h, w, 3); None: it could not be decoded."""


def preview_network(latents: str) -> str:
    """What small pictures of those latents (LatentSpace.latents) are decoded with, among the networks of a worker."""
    return f"the VAE of previews of {latents}"


def watched(calls: Calls[Result], space: LatentSpace, watcher: Watcher) -> Calls[Result]:
    """The same generator, of one frame, whose clean latents are decoded and shown when watcher wants it."""
    network = preview_network(space.latents)
    answer, count = None, 0
    try:
        while True:
            call = calls.send(answer)
            answer = yield call
            if isinstance(call, Denoise):
                count += 1
                if watcher.wants():
                    picture = yield from ask(Preview(clean(call, answer, space.schedule), network=network))
                    yield from ask(Host("preview", partial(watcher.show, count, picture)))
    except StopIteration as stop:
        result: Result = stop.value
        return result
    finally:
        calls.close()


def clean(call: Denoise, answer: "Tensor", schedule: NoiseSchedule) -> "Tensor":
    """The latents (1, C, h, w) without noise that the answer to a call stands for.

    For ddim (c_skip 0, c_out 1) a network that predicts noise answers with that; every other answer is clean itself.
    """
    if schedule.prediction != "epsilon" or (call.c_skip, call.c_out) != (0.0, 1.0):
        return answer
    alpha = float(schedule.alphas_cumprod[int(call.t)])
    return (call.x - (1 - alpha) ** 0.5 * answer) / alpha**0.5
