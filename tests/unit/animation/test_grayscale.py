import numpy as np
import pytest
from tests import tiny

from dreamreel.animation.coherence.grayscale import Grayscale, grey_fractions
from dreamreel.animation.input import parse
from dreamreel.animation.views import SEED
from dreamreel.api.input_schema import input_schema
from dreamreel.engine.drive import drive

STILL = {"strength_schedule": "0: (1)", "zoom": "0: (1)", "noise_schedule": "0: (0)", "max_frames": 2}


def colourfulness(image):
    """Mean distance of a pixel's channels."""
    return float(np.ptp(image.astype(int), axis=2).mean())


class HostOnly:
    """A backend for work of the CPU."""

    def answer(self, call):
        return call.work()


def test_each_level_is_the_luma_of_the_picture():
    image = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]]], np.uint8)
    assert drive(Grayscale({}, swaps=False).run(None, image), HostOnly())[0, :, 1].tolist() == [76, 150, 29, 9]


@pytest.mark.parametrize("coherence", ["None", "Match Frame 0 LAB"])
def test_a_picture_that_is_kept_comes_out_grey(coherence):
    plain, grey = (
        list(tiny.animation(steps=4, color_coherence=coherence, color_force_grayscale=wanted, **STILL))
        for wanted in (False, True)
    )
    assert np.array_equal(plain[0].image, grey[0].image)
    assert colourfulness(grey[1].image) < colourfulness(plain[1].image) / 2


def test_the_model_of_the_http_api_does_not_show_it_and_ignores_it_as_it_does_other_names():
    assert "color_force_grayscale" not in input_schema(SEED)["properties"]
    parsed, notes = parse({"color_force_grayscale": True, "animation_prompts": "a cat"}, SEED.view)
    assert not parsed.flag("color_force_grayscale")
    message = "ignored: there is no such input; dreamreel/animate, the command line and the library have it"
    assert [(note.field, note.message) for note in notes] == [("color_force_grayscale", message)]


def test_the_notebook_weighs_red_as_blue_and_blue_as_red():
    image = np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8)
    assert drive(Grayscale({}, swaps=True).run(None, image), HostOnly())[0, :, 1].tolist() == [29, 76]


def test_fractions_are_weighed_as_opencv_does_it_with_avx2_on_every_cpu():
    levels = np.array([[[7.25, 8.5, 200.125], [3, 3, 3], [61, 61, 61]]], np.float32)
    assert [float(each) for each in grey_fractions(levels)[0, :, 2]] == [65.65337371826172, 3.0, 60.999996185302734]


def test_a_notebooks_frames_between_two_drawings_are_grey_by_their_fractions():
    film = {"profile": "notebook", "diffusion_cadence": 3, "color_force_grayscale": True, **STILL, "max_frames": 4}
    plan = tiny.animation(steps=4, **film).plan
    old, new = (np.full((2, 2, 3), level, np.float32) for level in (60, 63))
    assert plan.spacing._shown(old, new, 1 / 3)[0, 0].tolist() == [60, 60, 60]  # 61, a hair below itself
    assert plan.spacing._shown(None, np.full((2, 2, 3), [200, 50, 10], np.float32), 1.0)[0, 0].tolist() == [55, 55, 55]
