import numpy as np
import pytest
from golden_data import animation_arrays, cases, unit_arrays

from dreamreel.imaging.color import ColorMatch, count_levels, match_colors
from dreamreel.imaging.convert import to_sample
from dreamreel.imaging.warp2d import build_matrix, warp

WARPS = unit_arrays("warp")
COLORS = unit_arrays("colors")


@pytest.mark.parametrize("size", ["64x64", "512x512", "128x64"])
def test_matrices_are_the_originals_to_the_last_bit(size):
    width, height = map(int, size.split("x"))
    for (tx, ty, angle, zoom), golden in zip(WARPS["params"], WARPS[f"xform_{size}"], strict=True):
        assert np.array_equal(build_matrix(width, height, angle, zoom, tx, ty), golden)


@pytest.mark.parametrize("border", ["wrap", "replicate"])
def test_warped_images_are_identical(border):
    for idx, matrix in enumerate(WARPS["xform_64x64"]):
        assert np.array_equal(warp(WARPS["image"], matrix, border), WARPS[f"{border}_{idx:02}"])


@pytest.mark.parametrize("space", ["RGB", "HSV", "LAB"])
@pytest.mark.parametrize("idx", range(7))
def test_matched_colours_are_identical(space, idx):
    reference = count_levels(COLORS[f"ref_{idx}"], ColorMatch(space))
    matched = match_colors(COLORS[f"src_{idx}"], reference, ColorMatch(space))
    assert np.array_equal(matched, COLORS[f"out_{idx}_{space}"])


def test_samples_are_rounded_to_float16_as_the_original_rounds_them():
    golden = unit_arrays("convert_rng")
    assert np.array_equal(to_sample(golden["u8"], 1.0), golden["from_cv2"])
    assert np.array_equal(to_sample(golden["u8"], 1.3), golden["from_cv2_contrast_1_3"])


@pytest.mark.parametrize("name", cases())
def test_the_moves_inside_the_animations_are_identical(name):
    arrays = animation_arrays(name)
    for frame in ("f1", "f2"):
        assert np.array_equal(warp(arrays[f"{frame}_prev_img"], arrays[f"{frame}_xform"]), arrays[f"{frame}_warped"])
    space = cases()[name]["input"]["color_coherence"].removeprefix("Match Frame 0 ")
    if space != "None":
        reference = count_levels(arrays["f1_warped"], ColorMatch(space))
        matched = match_colors(arrays["f2_warped"], reference, ColorMatch(space))
        assert np.array_equal(matched, arrays["f2_matched"])
