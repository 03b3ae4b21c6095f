"""From images to the planes that networks take, and back."""

import numpy as np
import pytest

from dreamreel.imaging.convert import to_picture, to_sample


@pytest.mark.parametrize("size", [(256, 256), (63, 65), (1, 1), (64, 448)])
@pytest.mark.parametrize("contrast", [0.0, 0.95, 1.0, 1.3, -2.0])
def test_a_sample_is_the_table_looked_up_plane_by_plane(size, contrast):
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    table = (((np.arange(256) * contrast / 255.0) * 2) - 1).astype(np.float16).astype(np.float32)
    sample = to_sample(image, contrast)
    assert (sample.shape, sample.dtype, sample.flags.c_contiguous) == ((1, 3, *size), np.float32, True)
    assert np.array_equal(sample[0], table[image.transpose(2, 0, 1)])


def test_images_that_are_no_block_of_memory_are_read_as_what_they_show():
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)[::2, 5:, ::-1]
    assert np.array_equal(to_sample(image, 1.0), to_sample(np.ascontiguousarray(image), 1.0))


@pytest.mark.parametrize(("unbiased", "exact"), [(False, False), (True, False), (False, True)])
def test_a_decoded_sample_becomes_levels_by_the_originals_arithmetic_to_the_bit(unbiased, exact):
    torch = pytest.importorskip("torch")
    numbers = np.random.default_rng(0).normal(0, 0.8, (3, 40, 56)).astype(np.float32)
    numbers[0, 0, :3] = -1, 0, 1
    sample = torch.from_numpy(numbers)
    levels = (255 * torch.clamp((sample + 0) * 0.5 + 0.5, 0, 1)).permute(1, 2, 0)
    levels = levels.round() if unbiased else levels
    expected = levels if exact else levels.to(torch.uint8)
    picture = to_picture(numbers, unbiased, exact)
    assert (picture.dtype, picture.flags.c_contiguous) == (np.float32 if exact else np.uint8, True)
    assert np.array_equal(picture, expected.numpy())


def test_a_picture_of_one_pixel_is_one():
    assert to_picture(np.full((3, 1, 1), 0.5, np.float32)).tolist() == [[[191, 191, 191]]]
