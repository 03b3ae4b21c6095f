import pytest
import torch

from dreamreel.models.folding import FoldedUpsample, fold_upsampling, unfold_upsampling
from dreamreel.models.networks.blocks import Upsample2D
from dreamreel.models.random_models import random_bundle


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 5), (4, 4), (7, 2)])
def test_one_convolution_draws_what_doubling_and_convolving_do(height, width):
    torch.manual_seed(0)
    original = Upsample2D(6).requires_grad_(False).double()
    x = torch.randn(2, 6, height, width, dtype=torch.float64)
    folded = FoldedUpsample(original)
    folded.weight.data = FoldedUpsample(original).weight.data.double()
    # The taps are added in float32.
    assert torch.allclose(folded(x), original(x), atol=1e-6)
    assert folded(x).shape == (2, 6, 2 * height, 2 * width)


def test_another_size_is_left_to_the_original():
    original = Upsample2D(4).requires_grad_(False)
    x = torch.randn(1, 4, 3, 3)
    assert torch.equal(FoldedUpsample(original)(x, (5, 7)), original(x, (5, 7)))


def test_a_network_that_is_not_tiny_is_folded_and_stays_within_round_off():
    unet = random_bundle("small", "cpu").modules.unet
    x, t, cond = torch.randn(2, 4, 8, 8), torch.full((2,), 500.0), torch.randn(2, 77, 192)
    with torch.no_grad():
        folded = unet(x, t, cond)
        assert sum(isinstance(each, FoldedUpsample) for each in unet.modules()) == 3
        unfold_upsampling(unet)
        plain = unet(x, t, cond)
        assert not any(isinstance(each, FoldedUpsample) for each in unet.modules())
    assert not torch.equal(folded, plain)
    assert float((folded - plain).abs().max()) < 1e-4
    fold_upsampling(unet)
    assert sum(isinstance(each, FoldedUpsample) for each in unet.modules()) == 3
