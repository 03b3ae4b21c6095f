from dataclasses import replace

import pytest
import torch
from tests import tiny

from dreamreel.animation.state import State
from dreamreel.animation.stretch import next_stretch
from dreamreel.diffusion.draws import Draws
from dreamreel.diffusion.sampling import SAMPLERS, on_sigmas
from dreamreel.engine.checkpoint import backend_of
from dreamreel.engine.drive import drive
from dreamreel.errors import EngineError


def test_each_is_given_once_and_in_order():
    normals = torch.randn(3, 4, 8, 8)
    draws = Draws(normals, "euler")
    assert torch.equal(torch.cat([draws() for _ in range(3)]), normals)
    draws.check_spent()


def test_one_draw_too_many_is_named_and_does_not_end_a_generator_early():
    draws = Draws(torch.randn(1, 4, 8, 8), "euler")
    draws()
    with pytest.raises(EngineError, match="euler takes more random draws than the 1 of its frame"):
        draws()


def test_one_draw_too_few_is_named_at_the_end():
    draws = Draws(torch.randn(2, 4, 8, 8), "euler")
    draws()
    with pytest.raises(EngineError, match="euler took 1 of the 2 random draws of its frame"):
        draws.check_spent()


@pytest.mark.parametrize(
    ("extra", "sentence"), [(1, "takes more random draws"), (-1, "took 11 of the 12 random draws")]
)
def test_a_sampler_that_draws_another_number_than_it_says_fails_at_its_first_frame(monkeypatch, extra, sentence):
    def wrong(x, sigmas, denoise, draw):
        for _ in range(len(sigmas) - 1 + extra):
            draw()
        yield denoise(x, sigmas[0])
        return x

    monkeypatch.setitem(SAMPLERS, "euler", replace(SAMPLERS["euler"], run=on_sigmas(wrong)))
    animation = tiny.animation(sampler="euler", max_frames=2)
    generator = next_stretch(animation.plan, animation.space, State())
    with pytest.raises(EngineError, match=sentence):
        drive(generator, backend_of(animation.bundle))
