"""Frames in order -> a video file: H.264 in mp4, VP9 in webm, or an animated gif, by the name's ending.

The mp4's settings are those of the original's ffmpeg command (replicate.py), plus `+faststart`, so that
browsers can begin before the download ends. Frames are encoded as they come: memory does not grow.
"""

import contextlib
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.filter
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from dreamreel.errors import VideoError
from dreamreel.video.growing import GrowingFile
from dreamreel.video.provenance import append_manifest

Image = NDArray[np.uint8]

SUFFIXES = (".mp4", ".webm", ".gif")
_CODECS: dict[str, tuple[str, str, dict[str, str]]] = {
    ".mp4": ("libx264", "yuv420p", {"crf": "17", "preset": "veryfast"}),
    ".webm": ("libvpx-vp9", "yuv420p", {"crf": "24", "b": "0", "deadline": "good", "cpu-used": "4"}),
    ".gif": ("gif", "pal8", {}),
}
_FORMATS = {".mp4": "mp4", ".webm": "webm", ".gif": "gif"}


class VideoWriter:
    """One video being written to `NAME.part`, which takes its final name in finish().

    One encoder thread: with more, the bytes would depend on the machine.
    """

    def __init__(self, path: Path, fps: int, width: int, height: int, growing: Path | None = None) -> None:
        """path: ends in one of SUFFIXES. width, height: pixels, even. Raises VideoError.

        growing: of an mp4, a second file with the same packets in fragments of a second each, which can
        be played while it grows; it is completed by finish() and left to the caller.

        A gif plays at most 50 frames a second: browsers take shorter delays for a tenth of a second.
        """
        check_output(path)
        if path.suffix == ".gif":
            fps = min(fps, 50)
        self.path = path
        self.num_frames = 0
        self._part = _part_of(path)
        try:
            self._container = av.open(
                str(self._part), "w", format=_FORMATS[path.suffix], options=_container_options(path)
            )
            self._stream = self._add_stream(fps, width, height)
        except (FFmpegError, OSError, ValueError) as error:
            raise VideoError(f"{path} cannot be written: {error}") from error
        self._palette = _Palette(fps, width, height) if path.suffix == ".gif" else None
        self._growing = GrowingFile(growing, self._stream, self._part.parent) if growing is not None else None

    def _add_stream(self, fps: int, width: int, height: int) -> Any:
        codec, pixel_format, options = _CODECS[self.path.suffix]
        stream: Any = self._container.add_stream(codec, rate=fps, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        stream.thread_count = 1
        stream.codec_context.time_base = Fraction(1, fps)
        return stream

    def add(self, image: Image) -> None:
        """Encodes image (H, W, 3) uint8 as the next frame. Raises VideoError, as when the disk is full."""
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        frame.pts = self.num_frames
        frame.time_base = self._stream.codec_context.time_base
        self._encode(self._palette.apply(frame) if self._palette else frame)
        self.num_frames += 1

    def finish(self, manifest: Mapping[str, Any] | None = None) -> Path:
        """Completes the file and gives it its name; an older file of that name is replaced.

        manifest: what the video was made from, kept inside an mp4 (provenance.py).

        Raises VideoError if it has no frames or cannot be written.
        """
        if self.num_frames == 0:
            raise VideoError(f"{self.path}: no frames, no video")
        self._encode(None)
        try:
            self._container.close()
            if manifest is not None and self.path.suffix == ".mp4":
                append_manifest(self._part, dict(manifest))
            self._part.replace(self.path)
            if self._growing is not None:
                self._growing.close(complete=True)
        except (FFmpegError, OSError) as error:
            raise VideoError(f"{self.path} cannot be written: {error}") from error
        return self.path

    def discard(self) -> None:
        """Leaves nothing behind. For a writer that was not finished."""
        with contextlib.suppress(FFmpegError, OSError, ValueError):  # it need not be complete
            self._container.close()
        with contextlib.suppress(FFmpegError, OSError, ValueError):
            if self._growing is not None:
                self._growing.close(complete=False)
        with contextlib.suppress(OSError):
            self._part.unlink(missing_ok=True)

    def _encode(self, frame: av.VideoFrame | None) -> None:
        try:
            for packet in self._stream.encode(frame):
                if self._growing is not None:
                    self._growing.add(packet)
                self._container.mux(packet)
        except (FFmpegError, OSError) as error:
            raise VideoError(f"{self.path} cannot be written: {error}") from error


def check_output(path: Path) -> None:
    """Raises VideoError unless a video called path can be made: its ending, its folder, the right to write."""
    if path.suffix not in SUFFIXES:
        raise VideoError(f"{path}: a video's name ends in {', '.join(SUFFIXES)}")
    if path.is_dir():
        raise VideoError(f"{path} is a folder")
    part = _part_of(path)
    try:
        with part.open("wb"):
            pass
        part.unlink()
    except OSError as error:
        raise VideoError(f"{path} cannot be written: {error.strerror}") from None


def _part_of(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def _container_options(path: Path) -> dict[str, str]:
    return {"movflags": "+faststart"} if path.suffix == ".mp4" else {}


class _Palette:
    """Gives each frame of a gif the 256 colours that suit it best."""

    def __init__(self, fps: int, width: int, height: int) -> None:
        graph = av.filter.Graph()
        source = graph.add_buffer(
            width=width, height=height, format=av.VideoFormat("rgb24"), time_base=Fraction(1, fps)
        )
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
