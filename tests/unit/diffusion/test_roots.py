"""Square roots, whose last bits are why some last bits are a machine's (docs/exactness.md)."""

import numpy as np
import torch


def test_numpys_root_is_the_nearest_number_and_pytorchs_that_or_its_neighbour():
    # From 1 to 4: every other float32 is one of these times a power of 4.
    numbers = np.arange(127 << 23, 129 << 23, dtype=np.int32).view(np.float32)
    nearest = np.sqrt(numbers.astype(np.float64)).astype(np.float32)
    assert np.array_equal(np.sqrt(numbers), nearest)
    apart = torch.from_numpy(numbers).sqrt().numpy().view(np.int32) - nearest.view(np.int32)
    assert np.abs(apart).max() <= 1
