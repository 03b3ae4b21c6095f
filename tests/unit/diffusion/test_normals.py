import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from dreamreel.diffusion import noise
from dreamreel.diffusion.noise import NoiseSource, torch_has_these_bits
from dreamreel.diffusion.normals import normals

# SHA-256 of the normals of all 2**24 numbers, as a radius and as an angle. PyTorch 2.13's kernel for AVX2 was given
# each of them, beside an angle of 0 and beside radii of 1 and 2, and answered with the same bits 50,331,648 times.
ALL = "63c2be489f936ca35e5b17e1f17725d50c7b40843b5cdc60463c52382b54e142"
SIZES = (16, 17, 31, 32, 180, 1000, 4096, 12288, 100_003)
DRAWS = """
import hashlib, torch
from dreamreel.diffusion.noise import NoiseSource, torch_has_these_bits
digest = hashlib.sha256()
for seed in (0, 1, 42, 65535, 2**32 - 1):
    source = NoiseSource(seed)
    for size in (16, 17, 31, 32, 180, 1000, 4096, 12288, 100_003):
        digest.update(source.draw((size,)).numpy().tobytes())
print(torch_has_these_bits(), digest.hexdigest())
"""
OLDEST = {"ATEN_CPU_CAPABILITY": "default", "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4"}


def ours(size, seed):
    """(normals, the generator after them) by our own arithmetic, whatever the CPU."""
    generator = torch.Generator().manual_seed(seed)
    return noise._make(size, generator), generator


def test_all_numbers_there_are_have_the_normals_of_avx2():
    digest, count = hashlib.sha256(), 2**20
    for start in range(0, 2**24, count):
        radius = np.arange(start, start + count, dtype=np.uint32)
        angle = radius * np.uint32(5_592_405)  # odd, so that each number comes once
        blocks = np.stack([radius.reshape(-1, 8), angle.reshape(-1, 8)], axis=1)
        digest.update(normals(blocks.reshape(-1)).astype("<f4").tobytes())
    assert digest.hexdigest() == ALL


@pytest.mark.skipif(not torch_has_these_bits(), reason="PyTorch takes another kernel on this CPU")
@pytest.mark.parametrize("size", SIZES)
def test_pytorch_draws_the_same_with_avx2_and_leaves_its_generator_alike(size):
    for seed in (0, 7, 2**32 - 1):
        theirs = torch.Generator().manual_seed(seed)
        made, generator = ours(size, seed)
        assert made.tobytes() == torch.randn(size, generator=theirs).numpy().tobytes()
        assert torch.equal(torch.rand(3, generator=theirs), torch.rand(3, generator=generator))


def test_fewer_normals_than_a_block_are_the_first_of_one():
    assert NoiseSource(3).draw((1, 5)).tolist() == [NoiseSource(3).draw((16,))[:5].tolist()]
    assert NoiseSource(3).draw((0,)).shape == (0,)


def test_a_seed_means_the_same_bits_whatever_instructions_a_cpu_has():
    ran = subprocess.run(
        [sys.executable, "-c", DRAWS], env={**os.environ, **OLDEST}, check=True, capture_output=True, text=True
    )
    digest = hashlib.sha256()
    for seed in (0, 1, 42, 65535, 2**32 - 1):
        source = NoiseSource(seed)
        for size in SIZES:
            digest.update(source.draw((size,)).numpy().tobytes())
    # False: that process had to compute them by itself, or nothing would be proven.
    assert ran.stdout.split() == ["False", digest.hexdigest()]
