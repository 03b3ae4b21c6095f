"""A frame that is being drawn, shown to those who watch its prediction: a small file beside the frames, now and then.

Whoever answers them keeps a mark in the prediction's folder fresh while somebody watches; without it none is decoded.
"""

import base64
import json
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import cv2

from dreamreel.diffusion.watched import Picture
from dreamreel.predictions.files import DRAWING, WATCHED
from dreamreel.workers.claim_folder import LIGHT

# Seconds between two pictures at least, and after a frame was begun; and as a multiple of what the last one took.
PACE_S, SHARE = 2.0, 10
# A mark that is older says that nobody watches any more.
FRESH_S = 30.0


@dataclass(eq=False)
class Watching:
    """The Watcher of a job. folder: the prediction's. changed: called when there is a new picture. clock: in seconds.

    latents: of which there are pictures (LatentSpace.latents).

    begin() says which frame is drawn. Not for several threads at once, but for show(), which another may call.
    """

    folder: Path
    changed: Callable[[], None]
    clock: Callable[[], float] = time.monotonic
    latents: Collection[str] = ()
    _idx: int = 0
    _evaluations: int = 0
    _next: float = 0.0
    _asked: float = 0.0

    def begin(self, idx: int, evaluations: int) -> None:
        """Frame idx is drawn now, in so many evaluations at most. One that is done before PACE_S is not shown."""
        self._idx, self._evaluations = idx, evaluations
        self._next = max(self._next, self.clock() + PACE_S)

    def wants(self) -> bool:
        self._asked = now = self.clock()
        if now < self._next:
            return False
        self._next = now + PACE_S
        return self._is_watched()

    def show(self, evaluation: int, picture: Picture | None) -> None:
        if picture is not None:
            self._write(evaluation, picture)
        self._next = self._asked + max(PACE_S, SHARE * (self.clock() - self._asked))

    def _is_watched(self) -> bool:
        try:
            return time.time() - (self.folder / WATCHED).stat().st_mtime < FRESH_S
        except OSError:
            return False

    def _write(self, evaluation: int, picture: Picture) -> None:
        is_encoded, data = cv2.imencode(".webp", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), LIGHT)
        if not is_encoded:
            return
        image = f"data:image/webp;base64,{base64.b64encode(data.tobytes()).decode()}"
        told = {"idx": self._idx, "evaluation": evaluation, "evaluations": self._evaluations, "image": image}
        part = self.folder / f"{DRAWING}.part"
        with suppress(OSError):  # a full disk: the frame does not need it
            part.write_text(json.dumps(told), "ascii")
            part.replace(self.folder / DRAWING)
            self.changed()
