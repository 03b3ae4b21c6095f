import time

import numpy as np
import pytest

from dreamreel.imaging.tone import MOST_PIXELS, Drift, drift, tone_of

NOISE = np.random.default_rng(0).integers(40, 160, (96, 80, 3)).astype(np.float64)
NOISE[..., 0] += 40  # reddish


def drifted(later, first=NOISE):
    return drift(*(tone_of(np.rint(levels).astype(np.uint8)) for levels in (first, later)))


def test_a_picture_has_not_drifted_from_itself():
    assert drifted(NOISE) == Drift(0.0, 1.0, 0.0)


def test_brightness_is_told_in_levels_and_contrast_as_a_factor():
    assert drifted(NOISE + 20) == Drift(20.0, 1.0, 0.0)
    mean = NOISE.mean((0, 1))
    found = drifted((NOISE - mean) * 0.5 + mean)
    assert abs(found.level) < 0.05
    assert found.contrast == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(("order", "degrees"), [((2, 0, 1), 120), ((1, 2, 0), -120)])
def test_hue_is_told_in_degrees_of_the_colour_circle(order, degrees):
    assert drifted(NOISE[..., list(order)]).hue == pytest.approx(degrees, abs=0.1)


def test_half_a_turn_is_minus_180_and_no_more():
    cyan = np.full((8, 8, 3), (50, 200, 200))
    assert drifted(cyan, np.full((8, 8, 3), (200, 50, 50))).hue == -180


def test_what_is_grey_has_no_hue_and_what_is_flat_no_contrast():
    grey = np.full((8, 8, 3), 90)
    assert drifted(grey, grey) == Drift(0.0, None, None)
    assert drifted(grey).hue is None
    assert str(drifted(grey, grey)) == "level +0.0"
    assert str(drifted(NOISE - 3)) == "level -3.0, contrast 1.00, hue +0°"


def test_of_a_large_picture_a_sample_says_what_all_of_it_would():
    y, x = np.mgrid[0:1024, 0:1536]
    large = np.stack([x / 6, y / 5, (x + y) / 12], 2).astype(np.uint8)
    began = time.process_time()
    found = tone_of(large)
    assert time.process_time() - began < 0.05
    luma = large @ np.array([0.299, 0.587, 0.114])
    assert found.level == pytest.approx(luma.mean(), abs=0.7)
    assert found.contrast == pytest.approx(luma.std(), rel=0.01)
    assert large.shape[0] * large.shape[1] / 90 > MOST_PIXELS
