"""Retention: forgets what ended long enough ago. What is not finished is never touched."""

import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from dreamreel.predictions.store import Store

log = logging.getLogger(__name__)
BATCH = 200
FRAMES = ("frames", "previews")


@dataclass(frozen=True)
class Keeping:
    """How long to keep. None: for ever. data: everything of a prediction; frames: its single pictures."""

    data: timedelta | None = None
    frames: timedelta | None = None


def keeping_of(hours: float, frames_hours: float) -> Keeping:
    """From hours, of which 0 means for ever."""

    def span(length: float) -> timedelta | None:
        return timedelta(hours=length) if length else None

    return Keeping(span(hours), span(frames_hours))


@dataclass(frozen=True)
class Removal:
    """Something to remove, or removed. what: `data`, `frames` or `upload`. size: in bytes."""

    what: str
    id: str
    size: int


def sweep(store: Store, folder: Path, keeping: Keeping, now: datetime, dry_run: bool = False) -> Iterator[Removal]:
    """Removes what is due, telling of each thing. folder: the data folder. dry_run: only tells."""
    predictions, uploads = folder / "predictions", folder / "uploads"
    if keeping.data is not None:
        for prediction_id in store.ended_before(now - keeping.data, BATCH):
            yield from _remove("data", prediction_id, [predictions / prediction_id], dry_run)
            if not dry_run:
                store.remove_data(prediction_id)
    if keeping.frames is not None:
        for prediction_id in store.ended_before(now - keeping.frames, 1_000_000):
            pictures = [predictions / prediction_id / name for name in FRAMES]
            if any(path.exists() for path in pictures):
                yield from _remove("frames", prediction_id, pictures, dry_run)
    for upload_id in store.expired_uploads(now):
        yield from _remove("upload", upload_id, [uploads / upload_id], dry_run)
        if not dry_run:
            store.delete_upload(upload_id)


def _remove(what: str, item_id: str, paths: list[Path], dry_run: bool) -> Iterator[Removal]:
    size = sum(_size(path) for path in paths)
    if not dry_run:
        for path in paths:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        log.info("%s of %s removed (%d bytes)", what, item_id, size)
    yield Removal(what, item_id, size)


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
