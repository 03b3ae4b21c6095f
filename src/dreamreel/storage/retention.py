"""Retention: forgets what ended long enough ago. What is not finished is never touched."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from dreamreel.predictions.files import Files, prediction_key, upload_key
from dreamreel.predictions.store import Store

log = logging.getLogger(__name__)
# In one go of a server's; `prune` takes everything.
BATCH, ALL = 200, 1_000_000
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


def sweep(
    store: Store, files: Files, keeping: Keeping, now: datetime, dry_run: bool = False, most: int = BATCH
) -> Iterator[Removal]:
    """Removes what is due and yields each removal. dry_run: only yields them. most: predictions at a time.

    Files go before the record says so: what is interrupted is done again. Raises FilesError.
    """
    known = set()
    if keeping.data is not None:
        for prediction_id in store.ended_before(now - keeping.data, most):
            known.add(prediction_id)
            yield from _remove(files, "data", prediction_id, [prediction_key(prediction_id, "")[:-1]], dry_run)
            if not dry_run:
                store.remove_data(prediction_id)
    if keeping.frames is not None:
        for prediction_id in store.ended_before(now - keeping.frames, ALL):
            pictures = [prediction_key(prediction_id, name) for name in FRAMES]
            if prediction_id not in known and any(files.sizes(key) for key in pictures):
                yield from _remove(files, "frames", prediction_id, pictures, dry_run)
    for upload_id in store.expired_uploads(now):
        yield from _remove(files, "upload", upload_id, [upload_key(upload_id)], dry_run)
        if not dry_run:
            store.delete_upload(upload_id)


def _remove(files: Files, what: str, item_id: str, keys: list[str], dry_run: bool) -> Iterator[Removal]:
    size = sum(sum(files.sizes(key).values()) for key in keys)
    if not dry_run:
        for key in keys:
            files.delete(key)
        field = "upload" if what == "upload" else "prediction"
        log.info("%s of %s removed (%d bytes)", what, item_id, size, extra={field: item_id})
    yield Removal(what, item_id, size)
