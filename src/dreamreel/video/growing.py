"""A video that can be played while it grows: fragmented mp4, appended to and never rewritten.

The same packets as the finished file's, so nothing is encoded twice. After a crash the same frames give
the same bytes again, and a reader that follows the file notices nothing but a pause.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import av
from av.container import OutputContainer

FRAGMENT_S = 1.0
_OPTIONS = {
    "movflags": "+delay_moov+default_base_moof",
    "frag_duration": str(int(FRAGMENT_S * 1_000_000)),
    "flush_packets": "1",
}


class GrowingFile:
    """Takes an encoder's packets, in order, into a fragmented mp4 at path."""

    def __init__(self, path: Path, encoder: av.VideoStream, scratch: Path) -> None:
        """encoder: the stream that makes the packets. scratch: a folder on the same disk, of this writer alone.

        The file begins in scratch and replaces what is at path: an older writer that still has that open
        writes into nothing, and one whose scratch was taken away cannot begin.
        """
        self._path = path
        self._scratch = scratch
        self._encoder = encoder
        self._container: OutputContainer | None = None
        self._stream: Any = None

    def add(self, packet: "av.Packet[av.VideoStream]") -> None:
        """Appends a copy of packet. Raises OSError and FFmpegError."""
        container = self._container or self._open()
        copy = av.Packet(bytes(packet))
        copy.pts, copy.dts, copy.duration = packet.pts, packet.dts, packet.duration
        copy.time_base, copy.is_keyframe = packet.time_base, packet.is_keyframe
        copy.stream = self._stream
        container.mux(copy)

    def _open(self) -> OutputContainer:
        self._sink = _Sink(self._scratch / f"{self._path.name}.part")
        self._container = container = av.open(self._sink, "w", format="mp4", options=_OPTIONS)
        self._stream = container.add_stream_from_template(self._encoder)
        # What the template leaves behind: without the first players cannot decode, without the others they take
        # the picture for one of 640x480 and stretch it.
        self._stream.codec_context.extradata = self._encoder.codec_context.extradata
        self._stream.width, self._stream.height = self._encoder.width, self._encoder.height
        self._sink.path.replace(self._path)
        return container

    def close(self, complete: bool) -> None:
        """complete: write what is left as the last fragment; otherwise leave the file as it is.

        A fragment cut short would differ from the one that comes in its place when drawing goes on.
        """
        if self._container is not None:
            self._sink.deaf = not complete
            self._container.close()
            self._sink.file.close()


class _Sink:
    """Where the muxer writes: straight through to the file, so that readers see every byte at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.open("wb", buffering=0)
        self.deaf = False

    def write(self, data: bytes) -> int:
        if not self.deaf:
            self.file.write(data)
        return len(data)


@dataclass(frozen=True)
class Fragment:
    """A playable piece of a growing file. offset, size: bytes. seconds: of video in it."""

    offset: int
    size: int
    seconds: float


def read_fragments(path: Path) -> tuple[int, list[Fragment]]:
    """(bytes of the file's head, its whole fragments in order); (0, []) before the head is written.

    ISO/IEC 14496-12: boxes of size and type; a fragment is a `moof` and the `mdat` behind it.
    """
    head, timescale, fragments = 0, 1, []
    begun: tuple[int, float] | None = None
    with path.open("rb") as file:
        for box in _boxes(file, 0, path.stat().st_size):
            if box.kind == b"moov":
                head = box.end
                timescale = _number(file, box, (b"trak", b"mdia", b"mdhd"), 12)
            elif box.kind == b"moof":
                num_samples = _number(file, box, (b"traf", b"trun"), 4)
                sample_duration = _number(file, box, (b"traf", b"tfhd"), 8)
                begun = (box.start, num_samples * sample_duration / timescale)
            elif box.kind == b"mdat" and begun is not None:
                fragments.append(Fragment(begun[0], box.end - begun[0], begun[1]))
    return head, fragments


@dataclass(frozen=True)
class _Box:
    kind: bytes
    start: int
    end: int


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[_Box]:
    """The whole boxes between start and end."""
    while start + 8 <= end:
        file.seek(start)
        size, kind = struct.unpack(">I4s", file.read(8))
        if size < 8 or start + size > end:
            return
        yield _Box(kind, start, start + size)
        start += size


def _number(file: BinaryIO, box: _Box, path: tuple[bytes, ...], offset: int) -> int:
    """The 32-bit number at offset of the content of the box that path leads to, below box."""
    for kind in path:
        box = next(inner for inner in _boxes(file, box.start + 8, box.end) if inner.kind == kind)
    file.seek(box.start + 8 + offset)
    return int(struct.unpack(">I", file.read(4))[0])
