"""Encodes a little film at every size and prints the SHA-256 of each file, for test_same_bytes.py.

Run as a process of its own: `python -m tests.unit.video.every_size [baseline]`. baseline: FFmpeg and its encoders
use only what every x86-64 CPU has. libvpx is told by VPX_SIMD_CAPS_MASK.
"""

import ctypes
import dataclasses
import hashlib
import json
import sys
import tempfile
import threading
from pathlib import Path

import av
import cv2
import numpy as np

from dreamreel.video import writer
from dreamreel.video.writer import VideoWriter

SIZES = ((64, 64), (72, 40), (96, 96), (192, 192), (256, 256), (320, 320), (512, 512))
SMALL = SIZES[:2]
NUM_FRAMES = 6
_SSE2 = 0x0001 | 0x0002 | 0x0008 | 0x0010  # MMX, MMXEXT, SSE and SSE2, of libavutil's cpu.h


def use_baseline_instructions():
    """What a CPU of 2003 has."""
    bundled = next((Path(av.__file__).parent.parent / "av.libs").glob("libavutil-*"))
    ctypes.CDLL(str(bundled)).av_force_cpu_flags(_SSE2)
    mp4 = writer._FORMATS[".mp4"]
    options = {**mp4.codec_options, "x264-params": "cpu-independent=1:asm=mmx2,sse2fast"}
    writer._FORMATS[".mp4"] = dataclasses.replace(mp4, codec_options=options)


def frames(width, height):
    """Pictures that move, turn and are noisy, which is what the encoder's look ahead has to weigh."""
    random = np.random.default_rng(1)
    image = cv2.GaussianBlur(random.integers(0, 256, (height, width, 3), np.uint8), (0, 0), 2)
    for number in range(NUM_FRAMES):
        noise = random.integers(-6, 7, image.shape)
        yield np.clip(np.roll(image, 2 * number, (0, 1)).astype(int) + noise, 0, 255).astype(np.uint8)


def encode(folder, suffix, width, height):
    """suffix, size and content -> the SHA-256 of each file written."""
    path, growing = folder / f"{width}x{height}{suffix}", folder / f"{width}x{height}.growing.mp4"
    video = VideoWriter(path, 15, width, height, growing if suffix == ".mp4" else None)
    for image in frames(width, height):
        video.add(image)
    video.finish()
    files = [path, growing] if suffix == ".mp4" else [path]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def main():
    if "baseline" in sys.argv:
        use_baseline_instructions()
    jobs = [(".mp4", *size) for size in SIZES] + [(suffix, *size) for suffix in (".webm", ".gif") for size in SMALL]
    digests = [{}, {}]
    with tempfile.TemporaryDirectory() as folder:

        def encode_all(number):
            mine = Path(folder) / str(number)
            mine.mkdir()
            for job in jobs:
                digests[number] |= encode(mine, *job)

        threads = [threading.Thread(target=encode_all, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    print(json.dumps(digests))


if __name__ == "__main__":
    main()
