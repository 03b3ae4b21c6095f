"""Finished frames -> files: the video, and a folder of lossless frames that a stopped render goes on from."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from dreamreel.animation.identity import changes, first_difference, keys_in
from dreamreel.engine.rows import AUTO
from dreamreel.errors import InputError, VideoError
from dreamreel.imaging.warp2d import Picture
from dreamreel.rendering.animation import Animation, Frame
from dreamreel.video.frames import FrameFolder
from dreamreel.video.writer import Image, VideoWriter

if TYPE_CHECKING:
    from dreamreel.animation.feature import PictureName
    from dreamreel.animation.state import State


class Output:
    """Where one animation goes. Use it as a context manager: leaving it on an error leaves no half file."""

    def __init__(
        self, animation: Animation, video: Path, folder: FrameFolder | None = None, growing: Path | None = None
    ) -> None:
        """folder: keeps the frames too. growing: see VideoWriter. Raises VideoError."""
        canvas = animation.plan.canvas
        self.folder = folder
        self._animation = animation
        self._digests: list[str] = []
        # What the folder holds beside frames; None: whatever an earlier render left.
        self._hidden: frozenset[PictureName] | None = None
        self._writer = VideoWriter(video, animation.plan.input.fps, canvas.width, canvas.height, growing)

    @property
    def num_frames(self) -> int:
        """How many frames went in."""
        return self._writer.num_frames

    def restore(
        self, animation: Animation, step: Callable[[], None] = lambda: None, limit: int | None = None
    ) -> "State | None":
        """Puts the folder's frames into the video and returns the state to go on from; None if it has none.

        step: is called before each frame; what it raises ends the restoring there. limit: of the frames to take.
        """
        if self.folder is None:
            return None
        canvas = animation.plan.canvas
        for image in self.folder.load_all(len(animation) if limit is None else min(limit, len(animation))):
            step()
            if image.shape != (canvas.height, canvas.width, 3):
                break  # a picture, but not of this animation
            self._encode(image)
        folder = self.folder
        return animation.resume(self.num_frames, lambda name: _picture(folder, name)) if self.num_frames else None

    def add(self, frame: Frame) -> None:
        """Stores a frame, in the folder first, with what comes with it; one that is there stays. Raises VideoError."""
        is_new = frame.idx >= self.num_frames
        if self.folder is not None:
            # What later frames need is there before the frame from which they go on, and what was needed before goes
            # only then: whenever this ends, the frames that are there can be gone on from.
            for name, image in (frame.hidden or {}).items():
                if name not in (self._hidden or ()):
                    self.folder.save_hidden(name, image)
            if is_new:
                self.folder.save(frame.idx, frame.image)
            if frame.hidden is not None and self._hidden != frozenset(frame.hidden):
                self.folder.drop_hidden(frame.hidden)
                self._hidden = frozenset(frame.hidden)
        if is_new:
            self._encode(frame.image)

    def _encode(self, image: Image) -> None:
        self._writer.add(image)
        self._digests.append(hashlib.sha256(image.tobytes()).hexdigest())

    def manifest(self) -> dict[str, object]:
        """What the frames so far were made from, with the SHA-256 of the pixels of each, and its key."""
        keys = self._animation.keys[: len(self._digests)]
        return {**self._animation.provenance(), "frames": list(self._digests), "keys": keys}

    def finish(self) -> Path:
        """Completes the video, however many frames it has, and returns its path. Raises VideoError."""
        return self._writer.finish(self.manifest())

    def __enter__(self) -> "Output":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()

    def discard(self) -> None:
        """Leaves no half video; a finished one stays."""
        self._writer.discard()


def _picture(folder: FrameFolder, name: "PictureName") -> "Picture | None":
    return folder.load(name[1]) if name[0] == "frame" else folder.load_hidden(name)


def open_folder(path: Path, resume: bool) -> tuple[FrameFolder, dict[str, Any] | None]:
    """The folder of frames at path and, to resume from, what its frames are of.

    Raises InputError if it holds frames and resume is not asked for, VideoError if it cannot be used.
    """
    folder = FrameFolder(path)
    manifest = folder.read_manifest() if resume else None
    if folder.count() == 0:
        return folder, None
    if not resume:
        raise InputError("frames", f"{path} already holds frames; --resume goes on with them, or name another folder")
    if manifest is None:
        raise VideoError(f"{path} holds frames but no render.json that says what they are of")
    return folder, manifest


def check_same(manifest: dict[str, Any], animation: Animation, num_frames: int) -> None:
    """Raises InputError unless the first num_frames frames of both are the same drawing, to the last bit.

    What comes after them may differ: a render can be resumed with more frames or another ending.
    """
    now = animation.manifest()
    _check_equal("model", manifest.get("model"), now["model"])
    _check_equal("rows", manifest.get("rows", AUTO), now["rows"])
    keys = keys_in(manifest, animation.plan, animation.weights, num_frames)
    idx = first_difference(keys, animation.keys)
    if idx < min(len(keys), len(animation)):
        for name, was, is_now in changes(manifest, animation.plan, idx):
            _check_equal(name, was, is_now)
        _check_equal("weights", manifest.get("weights", "another version's"), animation.weights)
        raise InputError(
            "resume", f"frame {idx} was drawn by another version of dreamreel; name another folder or file"
        )


def _check_equal(name: str, was: object, now: object) -> None:
    if was != now:
        raise InputError(name, f"the frames to resume from were made with {was!r}, this asks for {now!r}")
