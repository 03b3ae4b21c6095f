"""One claimed prediction: plan -> fold of frames -> video -> output, recorded in the store as it goes.

1. open_job() makes the plan and finds the frames that an earlier attempt finished; restore() takes them back.
2. next_stretch() is the generator of the next frames, for a batcher to drive; advance() takes its end as the
   beginning of those after them.
3. keep() stores frames losslessly, encodes them, and records them, while the next are drawn.
4. finish(), fail() or cancel() ends the prediction; a claim that was lost meanwhile ends nothing.

The state belongs to the thread that has frames drawn, everything else to the thread that keeps them (runner.py).
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dreamreel.animation.identity import changes, first_difference, keys_in
from dreamreel.animation.state import Drawn, State
from dreamreel.animation.views import meant, served
from dreamreel.animation.wording import frame_lines, progress_line, start_lines
from dreamreel.diffusion.calls import Calls
from dreamreel.diffusion.watched import watched
from dreamreel.errors import InputError, VideoError
from dreamreel.imaging.tone import Drift, Tone, drift, tone_of
from dreamreel.imaging.warp2d import Image
from dreamreel.predictions.record import Status
from dreamreel.predictions.store import Ending, FrameDone
from dreamreel.rendering.animation import Animation, Frame, prepare
from dreamreel.rendering.checkpoints import Checkpoints
from dreamreel.rendering.output import Output
from dreamreel.video.frames import FrameFolder
from dreamreel.workers.claim import Claim
from dreamreel.workers.claim_folder import PARTIAL, VIDEO
from dreamreel.workers.watching import Watching

# Another of these, and the last bits of frames may differ.
_SAME_BITS = ("precision", "device", "threads", "rows")


def open_job(claim: Claim, models: Checkpoints, model: str, step: Callable[[], None] = lambda: None) -> "Job":
    """The work on a claim, before its first frame. model: the name of the one that draws it.

    step: see Job.restore. Raises InputError, ModelError, VideoError, and FilesError where a bucket cannot be reached.
    """
    prediction = claim.prediction
    api_model, remark = meant(served(prediction.version), prediction.input)
    setup, view = models.setups[model], api_model.accepted
    animation = prepare(prediction.input, setup, prediction.seed, view, models.setups)
    animation.notes += [remark] if remark else []
    if model not in prediction.needs:
        animation.notes += api_model.stand_in(prediction.input, model)
    animation.facts, animation.facts_named = models.facts(model), models.facts
    frames = claim.files.open(step)
    limit, remarks = _compare(frames, animation)
    output = Output(animation, claim.files.video, frames, claim.files.growing)
    return Job(claim, animation, model, frames, output, limit, remarks)


def _compare(frames: FrameFolder, animation: Animation) -> tuple[int, list[str]]:
    """(how many of the first frames this worker would have drawn too, what differs).

    It may have been started with another model than the worker before it.
    """
    if (count := frames.count()) == 0:
        return 0, []
    try:
        was = frames.read_manifest() or {}
        same = first_difference(keys_in(was, animation.plan, animation.weights, count), animation.keys)
    except (VideoError, InputError, KeyError):
        was, same = {}, 0
    if same == 0:
        frames.delete()
        frames.folder.mkdir(exist_ok=True)
        return 0, [
            f"the service draws with another {_changed(was, animation, 0)} now: beginning again at the first frame"
        ]
    if same < count:
        return same, [f"the service draws with another {_changed(was, animation, same)} now: going on at frame {same}"]
    now = animation.provenance()
    if changed := [name for name in _SAME_BITS if was.get(name) != now[name]]:
        words = ", ".join(f"{name} was {was.get(name)} and is {now[name]}" for name in changed)
        return same, [f"frames from here on may differ in their last bits: {words}"]
    return same, []


def _changed(was: dict[str, Any], animation: Animation, idx: int) -> str:
    """The first thing that decides frame idx otherwise."""
    if not was:
        return "input"
    if names := [name for name, _, _ in changes(was, animation.plan, idx)]:
        return names[0]
    if was.get("weights") != animation.weights:
        return "model"
    before, now = was.get("beside", {}), animation.beside
    return next((name for name in {**before, **now} if before.get(name) != now.get(name)), "version")


@dataclass(eq=False)
class Job:
    """The work on one claim.

    model: the name of the one that draws it. limit: how many of the frames that are there can be gone on from.
    remarks: for the first lines of its log.
    state: what the next frames go on from. watching: what shows frames while they are drawn; None: nothing does.
    """

    claim: Claim
    animation: Animation
    model: str
    frames: FrameFolder
    output: Output
    limit: int = 0
    remarks: list[str] = field(default_factory=list)
    state: State = field(default_factory=State)
    watching: Watching | None = None
    _evaluations: int = 0
    _last_evaluations: int = 0
    _first_tone: Tone | None = None
    _last_drift: Drift | None = None

    @property
    def num_frames(self) -> int:
        """How many frames the animation has."""
        return len(self.animation)

    @property
    def num_kept(self) -> int:
        """How many frames are stored and encoded."""
        return self.output.num_frames

    @property
    def is_drawn(self) -> bool:
        """Whether no frame is left to draw."""
        return self.state.next_idx >= self.num_frames

    @property
    def next_idx(self) -> int:
        """The frame to diffuse now."""
        return self.state.next_idx

    @property
    def last_evaluations(self) -> int:
        """Network evaluations of the stretch that was drawn last."""
        return self._last_evaluations

    def restore(self, step: Callable[[], None] = lambda: None) -> None:
        """Takes back the frames that an earlier attempt finished, and says so in the logs.

        step: is called before each frame; what it raises ends the restoring there, and the video can be finished with
        the frames before it. Raises VideoError and LeaseLostError.
        """
        self.state = self.output.restore(self.animation, step, self.limit) or State()
        # What the earlier attempt took is known where no sampler is open; else it is what they take at most.
        self._evaluations = int(self.animation.plan.evaluations[: self.num_kept].sum())
        self.frames.write_manifest({**self.animation.provenance(), "keys": self.animation.keys})
        self.claim.add_logs(self._first_lines())

    def _first_lines(self) -> str:
        facts, canvas, plan = self.animation.facts, self.animation.plan.canvas, self.animation.plan
        lines = [f"Warning: {remark}" for remark in self.remarks]
        if self.state.next_idx == 0:
            size = f"{canvas.width}x{canvas.height}, {canvas.steps} steps"
            lines.append(f"Model: {facts.title} ({size}, weights {self.animation.weights[:12]})")
            lines += [f"Warning: {note}" for note in [*self.animation.notes, *self.animation.remarks()]]
            lines += start_lines(plan)
        elif not self.is_drawn:
            lines.append(f"Resuming at frame {self.state.next_idx}")
        if not self.is_drawn:
            lines += frame_lines(plan, self.state.next_idx)
        return "".join(f"{line}\n" for line in lines)

    def next_stretch(self) -> Calls[Drawn]:
        """The generator of the frames to draw now, which shows them meanwhile to whoever watches."""
        calls, idx = self.unwatched_stretch(), self.next_idx
        space = self.animation.space_at(idx)
        if self.watching is None or space.latents not in self.watching.latents:
            return calls
        self.watching.begin(idx, int(self.animation.plan.evaluations[idx]))
        return watched(calls, space, self.watching)

    def unwatched_stretch(self) -> Calls[Drawn]:
        """The same, for networks that make no previews."""
        return self.animation.stretch(self.state, self.model)

    @property
    def network(self) -> str:
        """The name of the model that draws the next frames."""
        return self.animation.network_at(self.state.next_idx) or self.model

    def advance(self, drawn: Drawn) -> None:
        """The next frames go on from the end of drawn, whose frames keep() stores meanwhile."""
        self._last_evaluations = drawn.evaluations
        self.state = drawn.state

    def keep(self, drawn: Drawn, seconds: float) -> None:
        """Stores the frames of drawn, encodes them, and records them together.

        seconds: that they took to draw. Frames that were there already, and are drawn again because later ones need
        their stretch, stay as they are. Raises VideoError, FilesError and LeaseLostError.
        """
        done = []
        for frame in self.animation.shown(drawn, seconds):
            is_new = frame.idx >= self.num_kept
            self.output.add(frame)
            if is_new:
                self.claim.files.write_pictures(frame.idx, frame.image)
                self._evaluations += drawn.evaluations if self.animation.plan.is_diffused[frame.idx] else 0
                told, drifted = self._lines(frame), self._drift(frame.idx, frame.image).to_dict()
                done.append(FrameDone(frame.idx, frame.seconds, self._evaluations, told, drifted))
        self.claim.add_frames(done)

    def _drift(self, idx: int, image: Image) -> Drift:
        """How far frame idx has drifted from frame 0."""
        found = tone_of(image)
        if self._first_tone is None:
            first = image if idx == 0 else self.frames.load(0)
            self._first_tone = found if first is None else tone_of(first)
        self._last_drift = drift(self._first_tone, found)
        return self._last_drift

    def _lines(self, frame: Frame) -> str:
        """The log's lines after a frame: the bar, and what is said before the next."""
        plan, following = self.animation.plan, frame.idx + 1
        lines = [progress_line(plan, following, frame.seconds)]
        lines += frame_lines(plan, following) if following < self.num_frames else []
        return "".join(f"{line}\n" for line in lines)

    def finish(self) -> None:
        """Completes the video and the prediction; cancels it if that was asked for meanwhile.

        Raises VideoError and FilesError.
        """
        if self.claim.cancel_requested():
            self.cancel()
            return
        self.output.finish()
        self.claim.files.publish(self.output.manifest(), VIDEO)
        if self.claim.end(Ending(Status.SUCCEEDED, output=VIDEO, metrics=self._metrics())) is Status.CANCELED:
            self.claim.files.call_partial()

    def fail(self, error: str) -> None:
        """Ends the prediction with a sentence for the person who asked for it."""
        self._end_early(Ending(Status.FAILED, error=error, metrics=self._metrics(), text=f"{error}\n"))

    def cancel(self) -> None:
        """Ends the prediction as its owner asked."""
        self._end_early(Ending(Status.CANCELED, metrics=self._metrics()))

    def drop(self) -> None:
        """Lets go without a word: the claim is another's, or will be."""
        self.output.discard()
        self.claim.files.close()

    def _end_early(self, ending: Ending) -> None:
        """Ends with a playable video of the frames that are kept, where there are any and a disk to put it on."""
        if self.claim.holds():
            with contextlib.suppress(VideoError):
                self.output.finish()
                self.claim.files.publish(self.output.manifest(), PARTIAL)
        self.output.discard()
        self.claim.end(ending)

    def _metrics(self) -> dict[str, Any]:
        if self._last_drift is None and (last := self.frames.load(self.num_kept - 1)) is not None:
            self._drift(self.num_kept - 1, last)  # an earlier attempt drew all of them
        return {
            "frames": self.num_kept,
            "evaluations": self._evaluations,
            "model": self.animation.facts.title,
            "weights": self.animation.weights,
            **({} if self._last_drift is None else {"drift": self._last_drift.to_dict()}),
        }
