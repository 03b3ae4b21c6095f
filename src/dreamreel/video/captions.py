"""A copy of a film with subtitles in it: a track of 3GPP Timed Text (`tx3g`), which players show when asked."""

import struct
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from dreamreel.errors import VideoError
from dreamreel.video.provenance import append_manifest, find_manifest

# (begin, end, text), in milliseconds
Cue = tuple[int, int, str]
_MILLISECOND = Fraction(1, 1000)
# FFmpeg makes the track's description, which players ask for, of an ASS header's style.
_STYLE = b"""[Script Info]
ScriptType: v4.00+
PlayResX: 384
PlayResY: 288
[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,0
"""
# A sample of the track says its length in 16 bits.
_MOST_BYTES = 65_535


def caption(film: Path, cues: Iterable[Cue], target: Path) -> None:
    """Copies the mp4 at film to target, its pictures as they are and its manifest, with cues in order as a track.

    Raises VideoError, and leaves no target then.
    """
    try:
        with av.open(str(film)) as source, av.open(str(target), "w", format="mp4") as made:
            pictures = made.add_stream_from_template(source.streams.video[0])
            track: Any = made.add_stream("mov_text")
            track.codec_context.subtitle_header = _STYLE
            track.codec_context.time_base = _MILLISECOND
            for begin, end, text in cues:
                packet: Any = av.Packet(_sample(text))
                packet.stream, packet.time_base, packet.duration = track, _MILLISECOND, end - begin
                packet.pts = packet.dts = begin
                made.mux(packet)
            for packet in source.demux(video=0):
                if packet.dts is not None:  # the last one is empty
                    packet.stream = pictures
                    made.mux(packet)
        if (manifest := find_manifest(film)) is not None:
            append_manifest(target, manifest)
    except (OSError, av.FFmpegError) as error:
        target.unlink(missing_ok=True)
        raise VideoError(f"{film} cannot be copied with subtitles to {target}: {error.strerror}") from None


def _sample(text: str) -> bytes:
    """The text of a cue, after its length."""
    data = text.encode()[:_MOST_BYTES].decode(errors="ignore").encode()
    return struct.pack(">H", len(data)) + data
