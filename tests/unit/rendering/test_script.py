import numpy as np
import pytest

from dreamreel import render
from dreamreel.errors import InputError, ModelError

SHORT = {"model": "tiny-sd", "steps": 4, "max_frames": 3, "seed": 1, "device": "cpu"}


def test_frames_come_one_by_one():
    frames = list(render("a red circle", **SHORT))
    assert [(frame.idx, frame.seed, frame.prompt, frame.image.shape) for frame in frames] == [
        (idx, 1 + idx, "a red circle", (64, 64, 3)) for idx in range(3)
    ]
    assert frames[0].seconds > 0


def test_an_animation_can_be_iterated_over_twice_and_saved(tmp_path):
    animation, seen = render("a red circle", **SHORT), []
    first = [frame.image for frame in animation]
    path = animation.save(tmp_path / "a.gif", progress=lambda frame: seen.append(frame.idx))
    assert path.stat().st_size > 0
    assert (len(animation), seen) == (3, [0, 1, 2])
    assert all(np.array_equal(a, frame.image) for a, frame in zip(first, animation, strict=True))


def test_wrong_inputs_are_refused_before_a_model_is_loaded():
    with pytest.raises(InputError, match="zoom"):
        render("a", zoom="1.04")
    with pytest.raises(ModelError, match="nowhere"):
        render("a", model="nowhere")


def test_a_random_seed_is_kept_so_that_it_can_be_told():
    assert render("a", **{**SHORT, "seed": None}).plan.seed != render("a", **{**SHORT, "seed": None}).plan.seed
