"""`--sheet FILE`: the frames at the keys on one picture, with their numbers and prompts."""

import contextlib
import os
from pathlib import Path
from typing import Annotated

import typer

from dreamreel.animation.key_frames import key_frames
from dreamreel.cli.exits import say
from dreamreel.cli.interrupts import Interrupts
from dreamreel.cli.progress import make_display
from dreamreel.errors import InputError, VideoError
from dreamreel.imaging.contact_sheet import Cell, Image, contact_sheet
from dreamreel.imaging.tone import drift, tone_of
from dreamreel.rendering.animation import Animation, Frame
from dreamreel.video.frames import FrameFolder, encode_png

MOST_FRAMES = 60
SheetOption = Annotated[
    Path | None,
    typer.Option("--sheet", metavar="FILE", help="Draw the frames at the keys onto one picture, a .png."),
]


class Sheet:
    """Collects the frames at the keys of an animation and writes them to path as one picture."""

    def __init__(self, animation: Animation, path: Path | None) -> None:
        """path: None for no sheet. Raises InputError where none can be written, before anything is drawn."""
        self._path = path
        self.wanted = [] if path is None else key_frames(animation.plan, MOST_FRAMES)
        self._plan = animation.plan
        self._images: dict[int, Image] = {}
        if path is not None:
            _check(path)

    def add(self, frame: Frame) -> None:
        """Keeps frame if it is at a key."""
        if frame.idx in self.wanted:
            self._images[frame.idx] = frame.image

    def save(self, folder: FrameFolder | None = None) -> None:
        """Writes what there is; nothing if there is no frame. folder: has those drawn earlier. Raises VideoError."""
        if folder is not None:
            earlier = {idx: folder.load(idx) for idx in self.wanted if idx not in self._images}
            self._images |= {idx: image for idx, image in earlier.items() if image is not None}
        if self._path is None or not self._images:
            return
        frames = sorted(self._images)
        picture = contact_sheet([self._cell(idx) for idx in frames])
        part = _part(self._path)
        try:
            part.write_bytes(encode_png(picture))
            part.replace(self._path)
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise VideoError(f"{self._path} cannot be written: {error.strerror}") from None
        say(f"{self._path}: {len(frames)} frames, each at a key")

    def _cell(self, idx: int) -> Cell:
        first, image = self._images.get(0), self._images[idx]
        drifted = "" if idx == 0 or first is None else str(drift(tone_of(first), tone_of(image)))
        return Cell(image, f"frame {idx}", self._plan.prompt(idx), drifted)


def draw_sheet(animation: Animation, sheet: Sheet) -> None:
    """Draws animation up to its last key, for the sheet alone. Raises KeyboardInterrupt, ModelError and VideoError."""
    num_frames = sheet.wanted[-1] + 1
    display = make_display(animation.plan, plain=False, num_frames=num_frames)
    with Interrupts() as interrupts, display:
        frames = animation.frames(observe=lambda _stage, _seconds: interrupts.check())
        for idx in range(num_frames):
            display.begin(idx)
            frame = next(frames)
            sheet.add(frame)
            display.done(frame)
    sheet.save()


def _check(path: Path) -> None:
    if path.suffix.lower() != ".png":
        raise InputError("--sheet", f"{path}: a sheet's name ends in .png")
    try:
        if path.is_dir():
            raise InputError("--sheet", f"{path} is a folder")
        _part(path).write_bytes(b"")
        _part(path).unlink()
    except (OSError, ValueError) as error:
        raise InputError("--sheet", f"{path} cannot be written: {getattr(error, 'strerror', None) or error}") from None


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")
