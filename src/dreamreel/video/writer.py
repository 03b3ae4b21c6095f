"""Frames in order -> a video file: H.264 in mp4, VP9 in webm, or an animated gif, by the name's ending.

The mp4's settings are those of the original's ffmpeg command (replicate.py), plus `+faststart`, so that
browsers can begin before the download ends. Frames are encoded as they come: memory does not grow.
"""

import contextlib
import fcntl
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import av
import av.filter
import cv2
import numpy as np
from av.error import FFmpegError
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from dreamreel.errors import VideoError
from dreamreel.video.failures import unwritable
from dreamreel.video.growing import GrowingFile
from dreamreel.video.provenance import append_manifest

log = logging.getLogger(__name__)
Image = NDArray[np.uint8]


@dataclass(frozen=True)
class _Format:
    """One kind of file. muxer, codec, pixel_format: FFmpeg's names. codec_options, muxer_options: FFmpeg's options."""

    muxer: str
    codec: str
    pixel_format: str
    codec_options: dict[str, str]
    muxer_options: dict[str, str]


def _x264_parameters(has_avx512: bool) -> str:
    """libx264 with the same output on every x86-64 CPU.

    Its macroblock tree takes reciprocals that are approximate, and another number on each make of CPU;
    `cpu-independent` computes them in C instead. With AVX-512 that code also read memory that nobody had
    written, so the same frames gave other bytes from one run to the next: instructions end at AVX2.
    """
    limit = ":asm=mmx2,sse2fast,ssse3,sse4.2,avx,fma3,bmi2,avx2" if has_avx512 else ""
    return f"cpu-independent=1{limit}"


_AVX512F = 13  # of OpenCV's list of features, cv::CpuFeatures
_X264 = _x264_parameters(cv2.checkHardwareSupport(_AVX512F))
_FORMATS = {
    ".mp4": _Format(
        "mp4",
        "libx264",
        "yuv420p",
        {"crf": "17", "preset": "veryfast", "x264-params": _X264},
        {"movflags": "+faststart"},
    ),
    # bitexact: without it the muxer numbers its tracks at random.
    ".webm": _Format(
        "webm",
        "libvpx-vp9",
        "yuv420p",
        {"crf": "24", "b": "0", "deadline": "good", "cpu-used": "4"},
        {"fflags": "+bitexact"},
    ),
    ".gif": _Format("gif", "gif", "pal8", {}, {}),
}
SUFFIXES = tuple(_FORMATS)
# What FFmpeg otherwise takes from RGB to YUV in a CPU's own way, differently in the last bit.
_TO_YUV = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.BITEXACT


class VideoWriter:
    """One video being written to `NAME.part`, which takes its final name in finish().

    The same frames give the same bytes on every x86-64 machine: one encoder thread, and nothing of a CPU's own.
    """

    def __init__(self, path: Path, fps: float, width: int, height: int, growing: Path | None = None) -> None:
        """path: ends in one of SUFFIXES. fps: see frame_rate. width, height: pixels, even. Raises VideoError.

        growing: of an mp4, a second file with the same packets in fragments of a second each, which can
        be played while it grows; it is completed by finish() and left to the caller.

        A gif plays at most 50 frames a second: browsers take shorter delays for a tenth of a second.
        """
        self._format = _format_of(path)
        most = most_fps(path)
        rate = frame_rate(fps if most is None else min(fps, most))
        self.path = path
        self.num_frames = 0
        self._part = path.with_name(f"{path.name}.part")
        self._lock = _Lock(self._part, path)
        try:
            # `file:` because FFmpeg takes what stands before a colon for a protocol.
            self._container = av.open(
                f"file:{self._part}", "w", format=self._format.muxer, options=self._format.muxer_options
            )
            self._stream = self._add_stream(rate, width, height)
        except (FFmpegError, OSError, ValueError) as error:
            self._part.unlink(missing_ok=True)
            self._lock.release()
            raise unwritable(path, error) from error
        self._palette = _Palette(rate, width, height) if self._format.codec == "gif" else None
        self._reformatter = VideoReformatter()
        self._growing = GrowingFile(growing, self._stream, self._part.parent) if growing is not None else None

    def _add_stream(self, rate: Fraction, width: int, height: int) -> av.VideoStream:
        stream: Any = self._container.add_stream(self._format.codec, rate=rate, options=self._format.codec_options)
        stream.width, stream.height, stream.pix_fmt = width, height, self._format.pixel_format
        stream.thread_count = 1
        stream.codec_context.time_base = 1 / rate
        return stream

    def add(self, image: Image) -> None:
        """Encodes image (H, W, 3) uint8 as the next frame. Raises VideoError, as when the disk is full."""
        frame = self._in_its_format(av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24"))
        frame.pts = self.num_frames
        frame.time_base = self._stream.codec_context.time_base
        self._encode(frame)
        self.num_frames += 1

    def _in_its_format(self, frame: av.VideoFrame) -> av.VideoFrame:
        if self._palette is not None:
            return self._palette.apply(frame)
        return self._reformatter.reformat(frame, format=self._format.pixel_format, interpolation=_TO_YUV, threads=1)

    def finish(self, manifest: Mapping[str, object] | None = None) -> Path:
        """Completes the file and gives it its name; an older file of that name is replaced.

        manifest: what the video was made from, kept inside an mp4 (provenance.py).

        Raises VideoError if it has no frames or cannot be written; a video that is whole and cannot take its
        name keeps that of its part.
        """
        if self.num_frames == 0:
            raise VideoError(f"{self.path}: no frames, no video")
        self._complete(manifest)
        try:
            self._part.replace(self.path)
        except OSError as error:
            self._lock.release()  # from here on the part is a video, and discard() leaves it alone
            raise unwritable(self.path, error, f"; the video is whole and lies at {self._part}") from error
        self._lock.release()
        return self.path

    def _complete(self, manifest: Mapping[str, object] | None = None) -> None:
        """Writes what is missing of the part. Raises VideoError."""
        self._encode(None)
        try:
            self._container.close()
            if manifest is not None and self._format.muxer == "mp4":
                append_manifest(self._part, dict(manifest))
            if self._growing is not None:
                self._growing.close(complete=True)
        except (FFmpegError, OSError) as error:
            raise unwritable(self.path, error) from error

    def discard(self) -> None:
        """Leaves nothing behind of a writer that was not finished; nothing happens to one that was."""
        with contextlib.suppress(FFmpegError, OSError, ValueError):  # it need not be complete
            self._container.close()
        with contextlib.suppress(FFmpegError, OSError, ValueError):
            if self._growing is not None:
                self._growing.close(complete=False)
        if self._lock.held:
            with contextlib.suppress(OSError):
                self._part.unlink(missing_ok=True)
            self._lock.release()

    def _encode(self, frame: av.VideoFrame | None) -> None:
        try:
            for packet in self._stream.encode(frame):
                if self._growing is not None:
                    self._growing.add(packet)
                self._container.mux(packet)
        except (FFmpegError, OSError) as error:
            raise unwritable(self.path, error) from error


def frame_rate(fps: float) -> Fraction:
    """fps as a video counts it: the rates of NTSC, such as 23.976 or 29.97, are 1000/1001 of a whole number."""
    ntsc = Fraction(round(fps * 1.001) * 1000, 1001)
    if fps != round(fps) and abs(fps - ntsc) < 0.005:
        return ntsc
    return Fraction(fps).limit_denominator(1001)


def check_output(path: Path, fps: float = 15, width: int = 64, height: int = 64) -> None:
    """Raises VideoError unless a video called path can be made: its ending, its folder, the right to write.

    A film of one frame is written beside path, finished, and taken away again.
    """
    image = np.zeros((height, width, 3), np.uint8)
    image[:64, :64] = np.random.default_rng(0).integers(0, 256, image[:64, :64].shape)  # some kB: black is nearly none
    writer = VideoWriter(path, fps, width, height)
    try:
        writer.add(image)
        writer._complete()  # all of finish() but the name
    finally:
        writer.discard()


def most_fps(path: Path) -> int | None:
    """The most frames a second that a video called path plays; None where there is no bound.

    A gif counts hundredths of a second, and browsers take a single one for ten.
    """
    return 50 if path.suffix.lower() == ".gif" else None


def _format_of(path: Path) -> _Format:
    """By the ending of path, in capitals or not. Raises VideoError."""
    chosen = _FORMATS.get(path.suffix.lower())
    if chosen is None:
        raise VideoError(f"{path}: a video's name ends in {', '.join(SUFFIXES)}")
    if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir() raises for names that cannot be
        raise VideoError(f"{path} is a folder")
    return chosen


class _Lock:
    """One writer for each part: a second one would write into the first one's file."""

    def __init__(self, part: Path, path: Path) -> None:
        """Makes part. Raises VideoError, naming path."""
        try:
            self._file: BinaryIO | None = part.open("ab")
        except (OSError, ValueError) as error:  # ValueError: a name with a NUL, or no text
            raise unwritable(path, error) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise VideoError(f"{path} is being written by another process; name another file") from None
        except OSError as error:  # a disk without locks
            log.debug("%s cannot be locked: %s", part, error.strerror)

    @property
    def held(self) -> bool:
        """Whether the part is this writer's."""
        return self._file is not None

    def release(self) -> None:
        """Lets others write."""
        if self._file is not None:
            self._file.close()
            self._file = None


class _Palette:
    """Gives each frame of a gif the 256 colours that suit it best."""

    def __init__(self, rate: Fraction, width: int, height: int) -> None:
        graph = av.filter.Graph()
        source = graph.add_buffer(width=width, height=height, format=av.VideoFormat("rgb24"), time_base=1 / rate)
        split = graph.add("split")
        generate = graph.add("palettegen", "stats_mode=single")
        use = graph.add("paletteuse", "new=1:dither=sierra2_4a")
        sink = graph.add("buffersink")
        source.link_to(split)
        split.link_to(use, 0, 0)
        split.link_to(generate, 1, 0)
        generate.link_to(use, 0, 1)
        use.link_to(sink)
        graph.configure()
        self._graph = graph

    def apply(self, frame: av.VideoFrame) -> av.VideoFrame:
        """frame in rgb24 -> the same in pal8."""
        self._graph.push(frame)
        reduced: Any = self._graph.pull()
        return reduced
