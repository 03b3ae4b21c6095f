import hashlib

import cv2
import numpy as np

from dreamreel.imaging.hsv import hsv_to_rgb

# SHA-256 of what OpenCV 4.14 made of all hues, saturations and values on a CPU with AVX2, in rows of 256 pixels.
ALL = "cf2763d893cfed37873c3062fb3b644ac3d2c35a59299550e0e82c8f6874eb48"


def colors(count, seed=0):
    """(count, 3) pixels in HSV."""
    random = np.random.default_rng(seed)
    return np.stack([random.integers(0, top, count) for top in (180, 256, 256)], axis=1).astype(np.uint8)


def test_every_color_there_is_has_the_bits_of_avx2():
    digest = hashlib.sha256()
    pairs = np.stack(np.meshgrid(np.arange(256), np.arange(256), indexing="ij"), -1).astype(np.uint8)
    for hue in range(180):
        digest.update(hsv_to_rgb(np.concatenate([np.full((256, 256, 1), hue, np.uint8), pairs], -1)).tobytes())
    assert digest.hexdigest() == ALL


def test_opencv_on_this_cpu_is_a_level_away_at_most():
    image = colors(64 * 72).reshape(64, 72, 3)
    theirs = cv2.cvtColor(image, cv2.COLOR_HSV2RGB).astype(int)
    assert np.abs(hsv_to_rgb(image) - theirs).max() <= 1


def test_the_color_of_a_pixel_is_the_same_in_every_column():
    image = colors(8 * 72).reshape(8, 72, 3)
    assert np.array_equal(hsv_to_rgb(image[:, ::-1])[:, ::-1], hsv_to_rgb(image))
