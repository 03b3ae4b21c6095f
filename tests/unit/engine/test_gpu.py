"""What only a CUDA device can show; skipped where there is none."""

import numpy as np
import pytest
import torch
from bench.company import draw
from tests.unit.engine.test_exactness import alone, animation

from dreamreel.engine.checkpoint import backend_of
from dreamreel.models.random_models import random_bundle

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]
CHOSEN = [("euler", 6, 1, 7.0), ("heun", 5, 2, 5.0), ("ddim", 8, 3, 7.0)]


@pytest.mark.parametrize("rows", [2, 8])
def test_with_a_fixed_bucket_frames_on_cuda_are_bit_equal_alone_and_in_company(rows):
    bundle, animations = random_bundle("small", "cuda"), [animation(*each) for each in CHOSEN]
    for each, images in zip(animations, draw(animations, backend_of(bundle, rows)), strict=True):
        for ours, theirs in zip(images, alone(each, backend_of(bundle, rows)), strict=True):
            assert np.array_equal(ours, theirs)


def test_a_frame_waits_for_the_device_only_for_its_picture():
    bundle, each = random_bundle("small", "cuda"), animation(*CHOSEN[0])
    alone(each, backend_of(bundle))
    torch.cuda.set_sync_debug_mode("error")
    try:
        alone(each, backend_of(bundle))
    finally:
        torch.cuda.set_sync_debug_mode("default")
