import numpy as np

from dreamreel.imaging.warp2d import build_matrix, warp


def spot(x, y, size=64):
    image = np.zeros((size, size, 3), np.uint8)
    image[y - 2 : y + 3, x - 2 : x + 3] = 255
    return image


def centre(image):
    ys, xs = np.nonzero(image[..., 0] > 127)
    return xs.mean(), ys.mean()


def moved(x, y, angle=0.0, zoom=1.0, tx=0.0, ty=0.0):
    return centre(warp(spot(x, y), build_matrix(64, 64, angle, zoom, tx, ty)))


def test_standing_still_changes_nothing():
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    assert np.array_equal(warp(image, build_matrix(64, 64, 0, 1, 0, 0)), image)


def test_directions_are_right_down_counterclockwise_and_inwards():
    assert moved(32, 32, tx=10) == (42, 32)
    assert moved(32, 32, ty=10) == (32, 42)
    x, y = moved(52, 32, angle=90)
    assert (round(x), round(y)) == (32, 12)
    x, y = moved(42, 32, zoom=1.5)
    assert (round(x), round(y)) == (47, 32)


def test_a_translation_is_zoomed_with_the_picture():
    x, _ = moved(32, 32, zoom=1.5, tx=10)
    assert round(x) == 47


def test_the_border_is_the_other_side_or_the_rim():
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, -8:] = 200
    matrix = build_matrix(64, 64, 0, 1, 4, 0)
    assert warp(image, matrix, "wrap")[0, 0, 0] == 200
    assert warp(image, matrix, "replicate")[0, 0, 0] == 0


def test_a_move_beyond_all_numbers_is_a_matrix_all_the_same():
    matrix = build_matrix(64, 64, 1e300, 1e300, 1e300, -1e39)
    assert matrix.shape == (3, 3)
    assert not np.isfinite(matrix[:2, 2]).any()
