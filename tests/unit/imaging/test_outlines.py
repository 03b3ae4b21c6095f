"""Outlines as ControlNets are shown them: white on black, where the picture has edges, lines and strokes."""

import cv2
import numpy as np
import pytest

from dreamreel.animation.sample.hints import PREPROCESSORS, default_for, preprocessor
from dreamreel.errors import InputError
from dreamreel.imaging.outlines import canny, invert, lineart, scribble

PAPER = np.full((64, 96, 3), 240, np.uint8)
DRAWN = cv2.circle(PAPER.copy(), (48, 32), 20, (20, 30, 40), 2)


@pytest.mark.parametrize("name", PREPROCESSORS)
def test_each_gives_a_picture_of_the_same_size_and_leaves_the_one_it_is_given(name):
    before, found = DRAWN.copy(), PREPROCESSORS[name].run(DRAWN, *PREPROCESSORS[name].defaults)
    assert (found.shape, found.dtype) == (DRAWN.shape, np.uint8)
    assert np.array_equal(before, DRAWN)


@pytest.mark.parametrize("outline", [lambda image: canny(image, 100, 200), lineart, lambda image: scribble(image, 32)])
def test_a_line_on_paper_is_white_and_the_paper_black(outline):
    found = outline(DRAWN)
    on_line = cv2.dilate((DRAWN.min(2) < 100).astype(np.uint8), np.ones((3, 3))) > 0
    assert found[on_line].max() >= 127
    assert found[2:10, 2:10].max() == 0
    assert outline(PAPER).max() == 0  # without a line there is none to be typical


def test_canny_is_opencvs_and_its_thresholds_count():
    grey = cv2.cvtColor(DRAWN, cv2.COLOR_RGB2GRAY)
    assert np.array_equal(canny(DRAWN, 50, 150)[..., 0], cv2.Canny(grey, 50, 150))
    faint = cv2.circle(PAPER.copy(), (48, 32), 20, (210, 210, 210), 2)
    assert canny(faint, 200, 250).max() == 0 < canny(faint, 20, 40).max()
    assert np.array_equal(invert(invert(DRAWN)), DRAWN)


def test_names_stand_for_what_is_here_and_networks_are_named():
    assert (default_for("control_v11p_sd15_Canny"), default_for("control_v11f1e_sd15_tile")) == ("canny", "none")
    assert preprocessor("controlnets", " Canny_Edge ") is PREPROCESSORS["canny"]
    assert preprocessor("controlnets", "invert (from white bg & black line)") is PREPROCESSORS["invert"]
    for name, finds in (("depth_midas", "depth"), ("softedge_hed", "soft edges"), ("mlsd", "straight lines")):
        with pytest.raises(InputError, match=f"needs a network that finds {finds}, which is not here"):
            preprocessor("controlnets", name)
