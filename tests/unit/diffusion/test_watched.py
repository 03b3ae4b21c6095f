"""Frames that are shown while they are drawn: with what their steps lead to, and without a bit of theirs changed."""

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from tests import tiny

from dreamreel.animation.state import State
from dreamreel.diffusion.calls import Decode, Host, Preview
from dreamreel.diffusion.watched import preview_network, watched


@dataclass
class Watcher:
    wanted: bool = True
    shown: list = field(default_factory=list)

    def wants(self):
        return self.wanted

    def show(self, evaluation, picture):
        self.shown.append((evaluation, picture))


def drawn(sampler, watcher=None, **raw):
    """Frame 0, and the latents that were decoded on its way."""
    animation = tiny.animation(steps=5, max_frames=1, sampler=sampler, **raw)
    calls, previews = animation.stretch(State()), []
    if watcher is not None:
        calls = watched(calls, animation.space, watcher)
    backend, answer = animation._drawing()[0], None
    with torch.inference_mode():
        while True:
            try:
                call = calls.send(answer)
            except StopIteration as stop:
                return stop.value.frames[0].image, previews
            if isinstance(call, Preview) and call.network == preview_network("sd"):
                previews.append(call.latents.clone())
                answer = np.zeros((8, 8, 3), np.uint8)
            elif isinstance(call, Host):
                answer = call.work()
            else:
                last = call.latents if isinstance(call, Decode) else None
                answer = backend.answer(call)
                if last is not None:
                    previews.append(last)


@pytest.mark.parametrize("sampler", ["euler", "heun", "ddim", "dpmpp_2m", "lcm", "unipc"])
def test_what_is_shown_becomes_the_frame_which_is_the_same_to_the_bit(sampler):
    plain, (latents,) = drawn(sampler)
    watcher = Watcher()
    image, (*shown, last) = drawn(sampler, watcher)
    assert np.array_equal(image, plain)
    assert torch.equal(last, latents)
    assert [evaluation for evaluation, _ in watcher.shown] == list(range(1, len(shown) + 1))
    distances = [float((each - latents).abs().mean()) for each in shown]
    assert distances[-1] < 0.2 * distances[0]
    assert distances[-1] < 0.05 * float(latents.abs().mean())


def test_nothing_is_decoded_while_nobody_wants_it():
    plain, _ = drawn("euler")
    image, decoded = drawn("euler", Watcher(wanted=False))
    assert np.array_equal(image, plain)
    assert len(decoded) == 1
