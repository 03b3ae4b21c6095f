"""What a video was made from, inside the video: a box at the end of the mp4 that players skip."""

import hashlib
import io
import json
import struct
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from dreamreel.errors import VideoError

# ISO/IEC 14496-12, 4.2: a box of type `uuid` belongs to the maker of its identifier.
_ID = uuid.uuid5(uuid.NAMESPACE_URL, "urn:dreamreel:manifest:1").bytes


def append_manifest(path: Path, manifest: Mapping[str, object]) -> None:
    """Adds manifest to the end of the mp4 at path. Raises OSError."""
    data = json.dumps(manifest, ensure_ascii=False, sort_keys=True).encode()
    with path.open("ab") as file:
        file.write(struct.pack(">I4s16s", 24 + len(data), b"uuid", _ID) + data)


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest in the mp4 at path. Raises VideoError if it cannot be read or has none."""
    try:
        with path.open("rb") as file:
            manifest: dict[str, Any] = json.loads(manifest_text(file, str(path)))
            return manifest
    except (OSError, ValueError, RecursionError) as error:
        raise VideoError(f"{path} cannot be read: {error}") from None


def find_manifest(path: Path) -> dict[str, Any] | None:
    """The manifest in the mp4 at path; None where it has none that can be read."""
    try:
        return read_manifest(path)
    except VideoError:
        return None


def manifest_text(film: BinaryIO, shown: str) -> str:
    """The manifest in an open mp4, as JSON that is not read yet. shown: the film's name in VideoError."""
    try:
        if (place := _find(film)) is not None:
            film.seek(place[0] + 24)
            return film.read(place[1] - 24).decode()
    except (OSError, ValueError, struct.error) as error:
        raise VideoError(f"{shown} cannot be read: {error}") from None
    raise VideoError(f"{shown} does not say what it was made from: it is no mp4 of dreamreel's, or was converted")


def pictures_digest(path: Path) -> str:
    """SHA-256 of the mp4 at path without its manifest: what players see of it. Raises OSError."""
    data = path.read_bytes()
    place = _find(io.BytesIO(data))
    return hashlib.sha256(data if place is None else data[: place[0]] + data[sum(place) :]).hexdigest()


def _find(film: BinaryIO) -> tuple[int, int] | None:
    """(offset, size) of the manifest's box."""
    end, start = film.seek(0, io.SEEK_END), 0
    while start + 8 <= end:
        film.seek(start)
        size, kind = struct.unpack(">I4s", film.read(8))
        if kind == b"uuid" and film.read(16) == _ID:
            return start, size
        if size == 1:
            size = struct.unpack(">Q", film.read(8))[0]
        if size < 8:
            break
        start += size
    return None
