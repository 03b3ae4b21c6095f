import cv2
import numpy as np

from dreamreel.imaging.color import ColorMatch, count_levels, match_colors


def noise(seed, low=0, high=256):
    return np.random.default_rng(seed).integers(low, high, (64, 64, 3), np.uint8)


def test_an_image_matched_to_itself_stays_as_it_is():
    image = noise(1)
    assert np.array_equal(match_colors(image, count_levels(image, ColorMatch("RGB")), ColorMatch("RGB")), image)


def test_truncation_darkens_and_unbiased_rounding_does_not():
    image, reference = noise(1, 0, 200), count_levels(noise(2), ColorMatch("RGB"))
    cut = match_colors(image, reference, ColorMatch("RGB"))
    rounded = match_colors(image, reference, ColorMatch("RGB", unbiased=True))
    assert 0.3 < rounded.mean() - cut.mean() < 0.7


def reds(*hues):
    """An image of equal shares of some of OpenCV's hues (half degrees), which are red near 0 and near 179."""
    column = np.repeat(np.array(hues, np.uint8), 60)
    hsv = np.stack([column, np.full_like(column, 200), np.full_like(column, 200)], -1)[None]
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def test_circular_hue_keeps_reds_red_where_the_line_turns_them_green():
    image, reference = reds(0, 3, 178), count_levels(reds(2, 177), ColorMatch("HSV"))

    def furthest_from_red(match):
        hue = cv2.cvtColor(match_colors(image, reference, match), cv2.COLOR_RGB2HSV)[..., 0].astype(int)
        return np.minimum(hue, 180 - hue).max()

    assert furthest_from_red(ColorMatch("HSV")) > 50
    assert furthest_from_red(ColorMatch("HSV", circular_hue=True)) <= 3
