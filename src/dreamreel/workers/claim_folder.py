"""A prediction's folder, as one claim on it writes there.

What is half written lies in `work-FENCE/`, which belongs to that claim alone, and reaches its place by a
rename. A new claim takes the older ones' away: a worker that lost its lease and does not know it yet can
finish nothing any more, and what a killed one left behind is gone.

With a bucket the folder is the claim's own, and what the claim before left is fetched from there.
"""

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamreel.predictions.files import DRAWING, WATCHED
from dreamreel.storage.local_files import sync
from dreamreel.video.failures import unwritable
from dreamreel.video.frames import FrameFolder
from dreamreel.workers.bucket_copy import BucketCopy, CopiedFrames

# The video; what an early end leaves; while it is drawn; what it was made from.
VIDEO, PARTIAL, GROWING, MANIFEST = "out.mp4", "partial.mp4", "growing.mp4", "manifest.json"
# Lossless frames, from which drawing goes on; small pictures for those who watch; one for lists.
FRAMES, PREVIEWS, POSTER = "frames", "previews", "poster.jpg"
PREVIEW_SIDE = 256
# Sent one by one to clients that watch. JPEG of quality 70 takes twice the bytes; this, 7 ms beside the next frame.
LIGHT = [cv2.IMWRITE_WEBP_QUALITY, 50]
# How often a growing video is sent to a bucket, where nothing can be appended to a file.
SHOWN_EVERY_S = 5.0

Image = NDArray[np.uint8]


class ClaimFolder:
    """The files of one prediction in the hands of one claim.

    path: the prediction's folder. bucket_copy: its files in a bucket.
    """

    def __init__(self, path: Path, fence: int, bucket_copy: BucketCopy | None = None) -> None:
        self.path = path if bucket_copy is None else path / f"claim-{fence}"
        self._work = self.path / f"work-{fence}"
        self._bucket_copy = bucket_copy
        self._show_at = 0.0

    def open(self, step: Callable[[], None] = lambda: None) -> FrameFolder:
        """Makes what is missing, shuts out older claims, and returns the journal of frames.

        step: see BucketCopy.fetch. Raises VideoError, and FilesError where the bucket cannot be reached.
        """
        try:
            for older in self.path.glob("work-*"):
                shutil.rmtree(older, ignore_errors=True)
            self._work.mkdir(parents=True)
            (self.path / PREVIEWS).mkdir(exist_ok=True)
        except OSError as error:
            raise unwritable(self.path, error) from None
        if self._bucket_copy is None:
            return FrameFolder(self.path / FRAMES, durable=True, scratch=self._work)
        self._bucket_copy.fetch(FRAMES, self.path, step)
        return CopiedFrames(self.path / FRAMES, self._work, self._bucket_copy)

    @property
    def video(self) -> Path:
        """Where this claim writes its video until it is published."""
        return self._work / VIDEO

    @property
    def growing(self) -> Path:
        """The video that can be played while it grows."""
        return self.path / GROWING

    def write_pictures(self, idx: int, image: Image) -> None:
        """A small picture of each frame, and a poster of the first: for looking at, never for going on from."""
        height, width = image.shape[:2]
        scale = min(1.0, PREVIEW_SIDE / max(height, width))
        bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        if idx == 0:
            cv2.imwrite(str(self.path / POSTER), bgr, [cv2.IMWRITE_JPEG_QUALITY, 90])
        small = cv2.resize(bgr, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(self.path / PREVIEWS / f"{idx:05}.webp"), small, LIGHT)
        if self._bucket_copy is not None:
            self._show(self._bucket_copy, [f"{PREVIEWS}/{idx:05}.webp", *([POSTER] if idx == 0 else [])])

    def _show(self, bucket_copy: BucketCopy, names: list[str]) -> None:
        if self.growing.exists() and time.monotonic() >= self._show_at:
            self._show_at = time.monotonic() + SHOWN_EVERY_S
            names.append(GROWING)
        for name in names:
            # Its bytes as they are now: the folder may be gone when it is their turn.
            bucket_copy.show(name, (self.path / name).read_bytes())

    def publish(self, manifest: Mapping[str, Any], name: str) -> None:
        """Gives the finished video its name, with the manifest beside it; both survive a power cut from then on.

        Raises VideoError and FilesError.
        """
        try:
            part = self._work / MANIFEST
            part.write_text(json.dumps(manifest, indent=1, ensure_ascii=False), "utf-8")
            for file in (part, self.video):
                sync(file)
            part.replace(self.path / MANIFEST)
            self.video.replace(self.path / name)
            sync(self.path)
        except OSError as error:
            raise unwritable(self.path / name, error) from None
        if self._bucket_copy is not None:
            for each in (GROWING, MANIFEST, name):
                self._bucket_copy.keep(each, self.path / each)

    def call_partial(self) -> None:
        """The video was finished for a prediction that was canceled at the last moment."""
        with contextlib.suppress(OSError):
            (self.path / VIDEO).replace(self.path / PARTIAL)
        if self._bucket_copy is not None:
            self._bucket_copy.move(VIDEO, PARTIAL)

    def close(self) -> None:
        """Takes this claim's half-written files away; with a bucket, everything of it on this machine."""
        shutil.rmtree(self._work if self._bucket_copy is None else self.path, ignore_errors=True)
        for name in (DRAWING, WATCHED):
            with contextlib.suppress(OSError):
                (self.path / name).unlink(missing_ok=True)
        if self._bucket_copy is not None:
            with contextlib.suppress(OSError):  # another claim's folder may lie beside it
                self.path.parent.rmdir()
