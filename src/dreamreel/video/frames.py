"""A folder of finished frames, lossless, and the note beside them that says what they are frames of."""

import contextlib
import json
import os
import re
import zlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dreamreel.errors import VideoError
from dreamreel.video.failures import unwritable

Image = NDArray[np.uint8]

MANIFEST = "render.json"
_NAME = re.compile(r"\d{5,}\.png")
# Pictures that are not shown, from which drawing goes on: what it is, of which frame, and its numbers' type.
_HIDDEN = re.compile(r"([a-z]+)-(\d{5,})-(uint8|float32)\.png")
# What it is, and the frame that it belongs to.
HiddenName = tuple[str, int]


class FrameFolder:
    """Frames `00000.png`, `00001.png` ... and `render.json`. Each file is whole or not there."""

    def __init__(self, folder: Path, durable: bool = False, scratch: Path | None = None) -> None:
        """Makes the folder where it is missing. durable: what was written survives a power cut.

        scratch: a folder beside it for half-written files, which two writers must not share; without one
        they lie in the folder itself. Raises VideoError.
        """
        self.folder = folder
        self._durable = durable
        self._scratch = folder if scratch is None else scratch
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise VideoError(f"{folder} cannot be a folder of frames: {error.strerror}") from None

    def count(self) -> int:
        """How many frames it holds, damaged ones and those after a gap included."""
        return sum(1 for file in self.folder.iterdir() if _NAME.fullmatch(file.name))

    def save(self, idx: int, image: Image) -> None:
        """Writes image (H, W, 3) uint8 as frame idx. Raises VideoError."""
        self._write(f"{idx:05}.png", encode_png(image))

    def load(self, idx: int) -> Image | None:
        """Frame idx (H, W, 3) uint8, or None if it is missing or damaged."""
        return self._load(f"{idx:05}.png")

    def _load(self, name: str) -> Image | None:
        try:
            data = (self.folder / name).read_bytes()
        except OSError:
            return None
        if not _is_sound_png(data):
            return None
        import cv2

        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        return None if image is None else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)

    def load_all(self, limit: int) -> Iterator[Image]:
        """Frames 0, 1 ... up to limit of them, until one is missing or damaged."""
        for idx in range(limit):
            image = self.load(idx)
            if image is None:
                return
            yield image

    def save_hidden(self, name: HiddenName, image: Image | NDArray[np.float32]) -> None:
        """Writes a picture that is not shown (H, W, 3), to the last bit. Raises VideoError."""
        height, width = image.shape[:2]
        size = image.dtype.itemsize
        # Of each row the bytes: four times as wide, where they are floats.
        levels = np.ascontiguousarray(image).view(np.uint8).reshape(height, width * size, 3)
        self._write(f"{name[0]}-{name[1]:05}-{image.dtype.name}.png", encode_png(levels))

    def load_hidden(self, name: HiddenName) -> Image | NDArray[np.float32] | None:
        """What save_hidden wrote; None if it is missing or damaged."""
        for size, kind in ((1, "uint8"), (4, "float32")):
            image = self._load(f"{name[0]}-{name[1]:05}-{kind}.png")
            if image is not None:
                height, width = image.shape[:2]
                levels = np.ascontiguousarray(image).reshape(height, width // size, 3 * size)
                return levels if size == 1 else levels.view(np.float32)
        return None

    def drop_hidden(self, kept: Collection[HiddenName]) -> None:
        """Removes the pictures that are not shown, but for those kept. Raises VideoError."""
        for file in self.folder.iterdir():
            found = _HIDDEN.fullmatch(file.name)
            if found and (found[1], int(found[2])) not in kept:
                self._remove(file.name)

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Says what the frames are frames of. Raises VideoError."""
        self._write(MANIFEST, (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode())

    def read_manifest(self) -> dict[str, Any] | None:
        """What write_manifest wrote; None if nothing did. Raises VideoError if it cannot be read."""
        path = self.folder / MANIFEST
        if not path.is_file():
            return None
        try:
            manifest: dict[str, Any] = json.loads(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise VideoError(f"{path} cannot be read: {error}") from None
        return manifest

    def delete(self) -> None:
        """Removes the frames, the note and, if nothing else is in it, the folder. Raises OSError."""
        for file in self.folder.iterdir():
            if _NAME.fullmatch(file.name) or _HIDDEN.fullmatch(file.name) or file.name == MANIFEST:
                file.unlink()
        if not any(self.folder.iterdir()):
            self.folder.rmdir()

    def _remove(self, name: str) -> None:
        try:
            (self.folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise VideoError(f"{self.folder / name} cannot be removed: {error.strerror}") from None

    def _write(self, name: str, data: bytes) -> None:
        part = self._scratch / f"{name}.part"
        try:
            with part.open("wb") as file:
                file.write(data)
                if self._durable:
                    file.flush()
                    os.fsync(file.fileno())
            part.replace(self.folder / name)
        except OSError as error:
            with contextlib.suppress(OSError):  # half a file on a full disk is in the way of everything else
                part.unlink(missing_ok=True)
            raise unwritable(self.folder / name, error) from None


def encode_png(image: Image) -> bytes:
    """image (H, W, 3) uint8 RGB as PNG, quickly. Raises VideoError."""
    import cv2

    # Of what OpenCV offers the fastest on drawn frames, and smaller than most: no search for repetitions.
    options = (
        *(cv2.IMWRITE_PNG_COMPRESSION, 1),
        *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_HUFFMAN_ONLY),
        *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_AVG),
    )
    done, data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise VideoError(f"a picture of {image.shape[1]}x{image.shape[0]} cannot be written as PNG")
    return data.tobytes()


_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def _is_sound_png(data: bytes) -> bool:
    """Whether every chunk of a PNG is there and fits its checksum.

    OpenCV fills what is missing or damaged with black and says nothing.
    """
    if data[:8] != _SIGNATURE:
        return False
    place, kind = 8, b""
    while place + 12 <= len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        kind, end = data[place + 4 : place + 8], place + 8 + size
        if data[end : end + 4] != zlib.crc32(data[place + 4 : end]).to_bytes(4, "big"):
            return False
        place = end + 4
    return kind == b"IEND" and place == len(data)
