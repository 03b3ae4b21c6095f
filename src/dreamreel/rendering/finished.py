"""A film that is already there: `--resume` must neither draw over it nor begin another one in its place."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError

from dreamreel.errors import InputError, VideoError
from dreamreel.rendering.animation import Animation
from dreamreel.rendering.output import check_same
from dreamreel.video.provenance import read_manifest


@dataclass(frozen=True, eq=False)
class Film:
    """A video file. manifest: what it says that it was made from; None if it says nothing, as a gif and a webm."""

    path: Path
    num_frames: int
    width: int
    height: int
    manifest: dict[str, Any] | None

    @property
    def seed(self) -> int | None:
        """Of frame 0, if the film says it."""
        return None if self.manifest is None else self.manifest["input"]["seed"]


def find_film(path: Path) -> Film | None:
    """The film at path; None if there is nothing, or nothing that is a video."""
    try:
        with path.open("rb") as file, av.open(file, "r") as container:
            stream = container.streams.video[0]
            # The last packet is empty: it ends the stream for a decoder.
            num_frames = sum(packet.size > 0 for packet in container.demux(stream))
            width, height = stream.width, stream.height
    except (FFmpegError, OSError, ValueError, IndexError):
        return None
    try:
        manifest = read_manifest(path)
    except VideoError:
        manifest = None
    return Film(path, num_frames, width, height, manifest)


def is_whole(film: Film, animation: Animation, frames: int) -> bool:
    """Whether film is all of animation, so that nothing is left to do. frames: how many are kept to go on from.

    Raises InputError where it is another film, and resuming would draw over it.
    """
    canvas = animation.plan.canvas
    whole = (film.num_frames, film.width, film.height) == (len(animation), canvas.width, canvas.height)
    if film.manifest is None:
        if not whole and not frames:
            raise _other(film, f"a video of {film.num_frames} frames of {film.width}x{film.height}")
        return whole and frames in (0, len(animation))
    is_at_its_rate = film.manifest["input"]["fps"] == animation.plan.input.fps
    if frames:  # they decide what can be gone on from, and from them the film can be made anew at another rate
        return whole and is_at_its_rate and frames == len(animation)
    check_same({**film.manifest, "rows": animation.setup.rows}, animation, film.num_frames)
    if film.num_frames > len(animation) or (whole and not is_at_its_rate):
        raise _other(film, f"a video of {film.num_frames} frames at {film.manifest['input']['fps']} fps")
    return whole


def _other(film: Film, what: str) -> InputError:
    return InputError(
        "resume",
        f"{film.path} is there already, {what}, and there are no frames to go on from; "
        "name another file, or leave out --resume to draw over it",
    )
