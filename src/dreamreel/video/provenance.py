"""What a video was made from, inside the video: a box at the end of the mp4 that players skip."""

import hashlib
import json
import struct
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
        place = _find(path)
        if place is not None:
            with path.open("rb") as file:
                file.seek(place[0] + 24)
                manifest: dict[str, Any] = json.loads(file.read(place[1] - 24))
                return manifest
    except (OSError, ValueError, struct.error) as error:
        raise VideoError(f"{path} cannot be read: {error}") from None
    raise VideoError(f"{path} does not say what it was made from: it is no mp4 of dreamreel's, or was converted")


def pictures_digest(path: Path) -> str:
    """SHA-256 of the mp4 at path without its manifest: what players see of it. Raises OSError."""
    place = _find(path)
    data = path.read_bytes()
    return hashlib.sha256(data if place is None else data[: place[0]] + data[sum(place) :]).hexdigest()


def _find(path: Path) -> tuple[int, int] | None:
    """(offset, size) of the manifest's box."""
    with path.open("rb") as file:
        end, start = path.stat().st_size, 0
        while start + 8 <= end:
            file.seek(start)
            size, kind = struct.unpack(">I4s", file.read(8))
            if kind == b"uuid" and file.read(16) == _ID:
                return start, size
            if size == 1:
                size = struct.unpack(">Q", file.read(8))[0]
            if size < 8:
                break
            start += size
    return None
