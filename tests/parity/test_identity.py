"""The claim at its strongest: computed as the golden machine computed, every frame is the original's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from golden_data import is_like_the_golden_machine

SCRIPT = """
import sys
from golden_data import animation_arrays, cases, request_of
from dreamreel import render

for name in cases():
    engine = cases()[name]["engine"]
    animation = render(
        **request_of(name), model="tiny-sd", size=(engine["W"], engine["H"]), steps=engine["steps"],
        cfg_scale=engine["scale"], device="cpu",
    )
    for frame, golden in zip(animation, animation_arrays(name)["frames"], strict=True):
        print(name, frame.idx, bool((frame.image == golden).all()))
"""


@pytest.mark.skipif(not is_like_the_golden_machine(), reason="other CPUs than AMD's with AVX2 round differently")
def test_every_frame_of_every_sampler_is_identical_to_the_originals():
    limits = {
        "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "OMP_NUM_THREADS": "1",
    }
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=Path(__file__).parent,
        env={**os.environ, **limits},
        check=True,
        capture_output=True,
        text=True,
    )
    frames = ran.stdout.splitlines()
    assert len(frames) == 64
    assert [frame for frame in frames if not frame.endswith("True")] == []
