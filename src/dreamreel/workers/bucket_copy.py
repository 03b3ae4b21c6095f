"""One prediction's files in a bucket: its journal of frames is fetched from there and kept there.

A claim works in a folder of its own on this machine, and each frame is in the bucket before it is recorded.
So the folder may be lost at any time, and any machine goes on from the bucket.
"""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from dreamreel.errors import DreamreelError
from dreamreel.predictions.files import Files, prediction_key
from dreamreel.video.frames import FrameFolder

log = logging.getLogger(__name__)
_TYPES = {
    ".mp4": "video/mp4",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".png": "image/png",
    ".json": "application/json",
}
# What is only for looking at goes beside the drawing; journals are fetched many files at a time.
_BESIDE = ThreadPoolExecutor(2, thread_name_prefix="bucket copy")
_FETCHERS = 8


class BucketCopy:
    """The bucket's side of a prediction. Methods raise FilesError, except those that only promise to try."""

    def __init__(self, files: Files, prediction_id: str) -> None:
        self._files, self._id = files, prediction_id
        self._under_way: dict[str, Future[None]] = {}

    def fetch(self, name: str, folder: Path, step: Callable[[], None] = lambda: None) -> None:
        """Copies everything below name into folder/name.

        step: is called before each file, on several threads; what it raises ends the copying.
        """
        prefix = prediction_key(self._id, "")
        names = [key.removeprefix(prefix) for key in self._files.sizes(prediction_key(self._id, name))]
        (folder / name).mkdir(parents=True, exist_ok=True)

        def fetch_one(each: str) -> None:
            step()
            with (folder / each).open("wb") as file:
                for piece in self._files.read(prediction_key(self._id, each)):
                    file.write(piece)

        with ThreadPoolExecutor(_FETCHERS) as pool:
            fetched = [pool.submit(fetch_one, each) for each in names]
            try:
                for each in fetched:
                    each.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def keep(self, name: str, source: Path | bytes) -> None:
        """Keeps a file; once this returns it is safe."""
        self._files.put(prediction_key(self._id, name), source, _TYPES[Path(name).suffix])

    def show(self, name: str, source: Path | bytes) -> None:
        """Tries to keep a file, soon; not while an earlier one of that name is still on its way."""
        before = self._under_way.get(name)
        if before is None or before.done():
            self._under_way = {key: value for key, value in self._under_way.items() if not value.done()}
            self._under_way[name] = _BESIDE.submit(self._try, name, source)

    def _try(self, name: str, source: Path | bytes) -> None:
        try:
            self.keep(name, source)
        except (DreamreelError, OSError) as error:
            log.debug("prediction %s: %s is not shown: %s", self._id, name, error)

    def move(self, name: str, target: str) -> None:
        """Gives a file another name."""
        self._files.move(prediction_key(self._id, name), prediction_key(self._id, target))

    def drop(self, name: str) -> None:
        """Removes everything below name."""
        self._files.delete(prediction_key(self._id, name))


class CopiedFrames(FrameFolder):
    """A journal of frames whose files are in the bucket before save() returns."""

    def __init__(self, folder: Path, scratch: Path, bucket_copy: BucketCopy) -> None:
        super().__init__(folder, scratch=scratch)
        self._bucket_copy = bucket_copy

    def delete(self) -> None:
        super().delete()
        self._bucket_copy.drop(self.folder.name)

    def write_manifest(self, manifest: Mapping[str, object]) -> None:
        self.folder.mkdir(exist_ok=True)  # delete() took it away
        super().write_manifest(manifest)

    def _remove(self, name: str) -> None:
        super()._remove(name)
        self._bucket_copy.drop(f"{self.folder.name}/{name}")

    def _write(self, name: str, data: bytes) -> None:
        super()._write(name, data)
        self._bucket_copy.keep(f"{self.folder.name}/{name}", data)
