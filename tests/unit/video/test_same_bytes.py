"""A film's bytes follow from its frames alone: docs/exactness.md says so, and resuming and `verify` rely on it."""

import json
import os
import platform
import subprocess
import sys

import pytest
from tests.unit.video.every_size import SIZES, SMALL

from dreamreel.video.writer import _x264_parameters


def digests(*arguments, affinity=None, **environment):
    """What two threads of a process of its own each wrote."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.unit.video.every_size", *arguments],
        env={**os.environ, **environment},
        preexec_fn=None if affinity is None else lambda: os.sched_setaffinity(0, affinity),
        check=True,
        capture_output=True,
        text=True,
    )
    first, second = json.loads(ran.stdout)
    assert first == second
    return first


@pytest.fixture(scope="module")
def usual():
    found = digests()
    assert len(found) == 2 * len(SIZES) + 2 * len(SMALL)  # an mp4, growing and final, of each; webm and gif of some
    return found


@pytest.mark.parametrize("filler", ["85", "170"])
def test_bytes_do_not_depend_on_what_memory_held_before(usual, filler):
    assert digests(MALLOC_PERTURB_=filler) == usual


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processes cannot be kept on one core here")
def test_bytes_do_not_depend_on_the_number_of_cores(usual):
    assert digests(affinity={min(os.sched_getaffinity(0))}) == usual


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="names the instructions of x86-64")
def test_bytes_do_not_depend_on_the_instructions_that_the_cpu_has(usual):
    limits = {"VPX_SIMD_CAPS_MASK": "0x7", "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX,-AVX2,-FMA,-FMA4"}
    assert digests("baseline", **limits) == usual


def test_with_avx512_libx264_is_kept_to_the_instructions_that_were_proved_the_same():
    assert "avx512" not in _x264_parameters(has_avx512=True)
    assert ":asm=" in _x264_parameters(has_avx512=True)
    assert _x264_parameters(has_avx512=False) == "cpu-independent=1"
