"""One claimed prediction: plan -> fold of frames -> video -> output, told to the store as it goes.

1. begin() makes the plan, takes back the frames that an earlier attempt finished, and says so in the logs.
2. next_frame() is the generator of the next frame, for a batcher to drive.
3. frame_done() stores the frame losslessly, encodes it, and records it.
4. finish(), fail() or cancel() ends the prediction; a claim that was lost meanwhile ends nothing.
"""

import contextlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamreel.animation.frame import next_frame
from dreamreel.animation.plan import FramePlan
from dreamreel.animation.state import FIRST, AnimationState
from dreamreel.animation.wording import frame_lines, progress_line, start_lines
from dreamreel.diffusion.calls import Calls
from dreamreel.errors import VideoError
from dreamreel.models.bundle import ModelBundle
from dreamreel.predictions.record import Prediction, Status
from dreamreel.predictions.service import Clock
from dreamreel.predictions.store import Ending, FrameDone, Store
from dreamreel.video.frames import FrameFolder
from dreamreel.workers.output import Output
from dreamreel.workers.rendering import Animation, Frame, Setup, prepare

VIDEO, POSTER, FRAMES = "out.mp4", "poster.jpg", "frames"
# While it is drawn; what an early end leaves; small pictures for those who watch.
GROWING, PARTIAL, PREVIEWS = "growing.mp4", "partial.mp4", "previews"
MANIFEST = "manifest.json"
PREVIEW_SIDE = 256

Image = NDArray[np.uint8]


class LeaseLostError(Exception):
    """Somebody else has the prediction now: whatever this worker still does with it counts for nothing."""


@dataclass(eq=False)
class Job:
    """The work on one claim. folder: the prediction's own, for its frames and its video."""

    prediction: Prediction
    bundle: ModelBundle
    setup: Setup
    folder: Path
    store: Store
    clock: Clock
    _animation: Animation = field(init=False)
    _output: Output = field(init=False)
    _state: AnimationState = field(init=False)
    _evaluations: int = field(init=False, default=0)

    @property
    def fence(self) -> int:
        """The number of the claim."""
        assert self.prediction.lease is not None
        return self.prediction.lease.fence

    @property
    def is_complete(self) -> bool:
        """Whether no frame is left to draw."""
        return self._state.frame_idx >= len(self._animation)

    @property
    def next_row(self) -> FramePlan:
        """The plan of the frame to draw now."""
        return self._animation.plan.frame(self._state.frame_idx)

    @property
    def last_evaluations(self) -> int:
        """Network evaluations of the frame that was drawn last."""
        return int(self._animation.plan.evaluations[self._state.frame_idx - 1])

    def begin(self) -> None:
        """Raises InputError, ModelError, VideoError, and LeaseLostError."""
        self._animation = prepare(self.prediction.input, self.setup, self.prediction.seed)
        self._animation.bundle = self.bundle
        frames = FrameFolder(self.folder / FRAMES, durable=True)
        (self.folder / PREVIEWS).mkdir(exist_ok=True)
        self._output = Output(self._animation, self.folder / VIDEO, frames, self.folder / GROWING)
        self._state = self._output.restore(self._animation) or FIRST
        self._evaluations = int(self._animation.plan.evaluations[: self._state.frame_idx].sum())
        frames.write_manifest(self._animation.manifest())
        self._check(self.store.add_logs(self.prediction.id, self.fence, self._first_lines(), self.clock()))

    def _first_lines(self) -> str:
        facts, canvas, plan = self.bundle.facts, self._animation.plan.canvas, self._animation.plan
        lines = []
        if self._state.frame_idx == 0:
            size = f"{canvas.width}x{canvas.height}, {canvas.steps} steps"
            lines.append(f"Model: {facts.title} ({size}, weights {self._animation.weights[:12]})")
            lines += [f"Warning: {note}" for note in [*self._animation.notes, *self._animation.remarks()]]
            lines += start_lines(plan)
        elif not self.is_complete:
            lines.append(f"Resuming at frame {self._state.frame_idx}")
        if not self.is_complete:
            lines += frame_lines(plan, self._state.frame_idx)
        return "".join(f"{line}\n" for line in lines)

    def next_frame(self) -> Calls[AnimationState]:
        """The generator of the frame to draw now."""
        return next_frame(self._animation.plan, self._animation.space, self._state)

    def frame_done(self, state: AnimationState, seconds: float) -> None:
        """Keeps the frame that state holds. seconds: that it took. Raises VideoError and LeaseLostError."""
        assert state.image is not None
        plan, idx = self._animation.plan, state.frame_idx - 1
        row = plan.frame(idx)
        self._output.add(Frame(idx, state.image, row.prompt, row.seed, seconds))
        self._write_pictures(idx, state.image)
        self._state = state
        self._evaluations += int(plan.evaluations[idx])
        lines = [progress_line(plan, state.frame_idx, seconds)]
        lines += [] if self.is_complete else frame_lines(plan, state.frame_idx)
        done = FrameDone(idx, seconds, self._evaluations, "".join(f"{line}\n" for line in lines))
        self._check(self.store.add_frame(self.prediction.id, self.fence, done, self.clock()))

    def _write_pictures(self, idx: int, image: Image) -> None:
        """A small picture of each frame, and a poster of the first: for looking at, never for going on from."""
        height, width = image.shape[:2]
        scale = min(1.0, PREVIEW_SIDE / max(height, width))
        bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        if idx == 0:
            cv2.imwrite(str(self.folder / POSTER), bgr, [cv2.IMWRITE_JPEG_QUALITY, 90])
        small = cv2.resize(bgr, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(self.folder / PREVIEWS / f"{idx:05}.jpg"), small, [cv2.IMWRITE_JPEG_QUALITY, 80])

    def _write_manifest(self) -> None:
        part = self.folder / f"{MANIFEST}.part"
        part.write_text(json.dumps(self._output.manifest(), indent=1, ensure_ascii=False), "utf-8")
        part.replace(self.folder / MANIFEST)

    def finish(self) -> None:
        """Completes the video and the prediction. Raises VideoError."""
        self._write_manifest()
        self._output.finish()
        self._end(Ending(Status.SUCCEEDED, output=VIDEO, metrics=self._metrics()))

    def fail(self, error: str) -> None:
        """Ends the prediction with a sentence for the person who asked for it."""
        self._end_early(Ending(Status.FAILED, error=error, metrics=self._metrics(), text=f"{error}\n"))

    def cancel(self) -> None:
        """Ends the prediction as its owner asked."""
        self._end_early(Ending(Status.CANCELED, metrics=self._metrics()))

    def drop(self) -> None:
        """Lets go without a word: the claim is somebody else's, or will be."""
        if hasattr(self, "_output"):
            self._output.discard()

    def _end_early(self, ending: Ending) -> None:
        """Ends with a playable video of the frames that are done, where there are any and a disk to put it on."""
        if hasattr(self, "_output"):
            with contextlib.suppress(VideoError, OSError):
                self._write_manifest()
                self._output.finish()
                (self.folder / VIDEO).replace(self.folder / PARTIAL)
            self._output.discard()
        self._end(ending)

    def _metrics(self) -> dict[str, Any]:
        frames = self._state.frame_idx if hasattr(self, "_state") else 0
        facts: dict[str, Any] = {"frames": frames, "evaluations": self._evaluations, "model": self.bundle.facts.title}
        return {**facts, "weights": self._animation.weights} if hasattr(self, "_state") else facts

    def _end(self, ending: Ending) -> None:
        self.store.finish(self.prediction.id, self.fence, ending, self.clock())

    def _check(self, accepted: bool) -> None:
        if not accepted:
            raise LeaseLostError
