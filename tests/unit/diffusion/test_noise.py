import pytest
import torch

from dreamreel.diffusion.noise import NoiseSource


def test_drawing_leaves_pytorchs_own_stream_alone():
    torch.manual_seed(1)
    expected = torch.randn(4)
    torch.manual_seed(1)
    NoiseSource(2).draw((100,))
    assert torch.equal(torch.randn(4), expected)


@pytest.mark.parametrize("seed", [0, 2**32 - 1])
def test_the_stream_is_the_global_one_of_the_same_seed(seed):
    source = NoiseSource(seed)
    torch.manual_seed(seed)
    # PyTorch's own last bits are the CPU's (test_normals.py).
    assert torch.allclose(source.draw((1, 4, 8, 8)), torch.randn(1, 4, 8, 8), rtol=0, atol=2e-6)
