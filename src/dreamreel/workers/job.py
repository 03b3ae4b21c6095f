"""One claimed prediction: plan -> fold of frames -> video -> output, told to the store as it goes.

1. begin() makes the plan, takes back the frames that an earlier attempt finished, and says so in the logs.
2. next_frame() is the generator of the next frame, for a batcher to drive.
3. advance() takes its end as the beginning of the next; frame_done() stores the frame losslessly, encodes it, and
   records it, on a thread of its own, while the next is drawn.
4. finish(), fail() or cancel() ends the prediction; a claim that was lost meanwhile ends nothing.
"""

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
from dreamreel.workers.folder import PARTIAL, VIDEO, ClaimFolder
from dreamreel.workers.mirror import Mirror
from dreamreel.workers.output import Output
from dreamreel.workers.rendering import Animation, Frame, Setup, prepare

# Another of these, and the frames that are there cannot be gone on from; of the others the last bits may differ.
_SAME_DRAWING = ("input", "model", "weights", "width", "height", "steps", "cfg_scale")
_SAME_BITS = ("precision", "device", "threads", "rows")


class LeaseLostError(Exception):
    """Somebody else has the prediction now: whatever this worker still does with it counts for nothing."""


@dataclass(eq=False)
class Job:
    """The work on one claim. folder: the prediction's own, for its frames and its video. mirror: its bucket."""

    prediction: Prediction
    bundle: ModelBundle
    setup: Setup
    folder: Path
    store: Store
    clock: Clock
    mirror: Mirror | None = None
    _files: ClaimFolder = field(init=False)
    _animation: Animation = field(init=False)
    _output: Output = field(init=False)
    _state: AnimationState = field(init=False)
    _evaluations: int = field(init=False, default=0)
    _remarks: list[str] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._files = ClaimFolder(self.folder, self.fence, self.mirror)

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
        frames = self._files.open()
        self._compare(frames)
        self._output = Output(self._animation, self._files.video, frames, self._files.growing)
        self._state = self._output.restore(self._animation) or FIRST
        self._evaluations = int(self._animation.plan.evaluations[: self._state.frame_idx].sum())
        frames.write_manifest(self._animation.provenance())
        self._check(self.store.add_logs(self.prediction.id, self.fence, self._first_lines(), self.clock()))

    def _compare(self, frames: FrameFolder) -> None:
        """Leaves only frames that this worker would have drawn too: it may have been started with another model."""
        if frames.count() == 0:
            return
        try:
            was = frames.read_manifest() or {}
        except VideoError:
            was = {}
        now = self._animation.provenance()
        if changed := [name for name in _SAME_DRAWING if was.get(name) != now[name]]:
            self._remarks.append(f"the service draws with another {changed[0]} now: beginning again at the first frame")
            frames.delete()
            frames.folder.mkdir(exist_ok=True)
        elif changed := [name for name in _SAME_BITS if was.get(name) != now[name]]:
            words = ", ".join(f"{name} was {was.get(name)} and is {now[name]}" for name in changed)
            self._remarks.append(f"frames from here on may differ in their last bits: {words}")

    def _first_lines(self) -> str:
        facts, canvas, plan = self.bundle.facts, self._animation.plan.canvas, self._animation.plan
        lines = [f"Warning: {remark}" for remark in self._remarks]
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

    def advance(self, state: AnimationState) -> None:
        """state is what the next frame goes on from; frame_done() keeps the frame that it holds meanwhile."""
        self._state = state

    def frame_done(self, state: AnimationState, seconds: float) -> None:
        """Keeps the frame that state holds, on any thread, one at a time.

        seconds: that it took. Raises VideoError and LeaseLostError.
        """
        assert state.image is not None
        plan, idx = self._animation.plan, state.frame_idx - 1
        row = plan.frame(idx)
        self._output.add(Frame(idx, state.image, row.prompt, row.seed, seconds))
        self._files.write_pictures(idx, state.image)
        self._evaluations += int(plan.evaluations[idx])
        lines = [progress_line(plan, state.frame_idx, seconds)]
        lines += [] if self.is_complete else frame_lines(plan, state.frame_idx)
        done = FrameDone(idx, seconds, self._evaluations, "".join(f"{line}\n" for line in lines))
        self._check(self.store.add_frame(self.prediction.id, self.fence, done, self.clock()))

    def finish(self) -> None:
        """Completes the video and the prediction; cancels it if that was asked for meanwhile. Raises VideoError."""
        if self.store.cancel_requested([self.prediction.id]):
            self.cancel()
            return
        self._output.finish()
        self._files.publish(self._output.manifest(), VIDEO)
        self._end(Ending(Status.SUCCEEDED, output=VIDEO, metrics=self._metrics()))
        ended = self.store.get(self.prediction.id)
        if ended is not None and ended.status is Status.CANCELED:
            self._files.call_partial()
        self._files.close()

    def fail(self, error: str) -> None:
        """Ends the prediction with a sentence for the person who asked for it."""
        error = error.replace(f"{self.folder}/", "")  # where files lie is the operator's business
        self._end_early(Ending(Status.FAILED, error=error, metrics=self._metrics(), text=f"{error}\n"))

    def cancel(self) -> None:
        """Ends the prediction as its owner asked."""
        self._end_early(Ending(Status.CANCELED, metrics=self._metrics()))

    def drop(self) -> None:
        """Lets go without a word: the claim is somebody else's, or will be."""
        if hasattr(self, "_output"):
            self._output.discard()
        self._files.close()

    def _end_early(self, ending: Ending) -> None:
        """Ends with a playable video of the frames that are done, where there are any and a disk to put it on."""
        if hasattr(self, "_state") and self.store.holds(self.prediction.id, self.fence):
            with contextlib.suppress(VideoError):
                self._output.finish()
                self._files.publish(self._output.manifest(), PARTIAL)
        self.drop()  # before the end is told: a full disk has room for it then
        self._end(ending)

    def _metrics(self) -> dict[str, Any]:
        frames = self._output.num_frames if hasattr(self, "_state") else 0
        facts: dict[str, Any] = {"frames": frames, "evaluations": self._evaluations, "model": self.bundle.facts.title}
        return {**facts, "weights": self._animation.weights} if hasattr(self, "_state") else facts

    def _end(self, ending: Ending) -> None:
        self.store.finish(self.prediction.id, self.fence, ending, self.clock())

    def _check(self, accepted: bool) -> None:
        if not accepted:
            raise LeaseLostError
