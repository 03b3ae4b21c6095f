"""What guidance costs: frames and evaluations of one model at two scales, one of each in turn."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from dreamreel.animation.state import State
from dreamreel.animation.stretch import next_stretch
from dreamreel.engine.checkpoint import backend_of
from dreamreel.engine.drive import drive
from dreamreel.engine.rows import parse_rows
from dreamreel.measuring.load import count_work
from dreamreel.models.accelerators import synchronize
from dreamreel.rendering.animation import Animation
from dreamreel.workers.meter import Meter, MeteredBundle

Seconds = tuple[float, float]  # by the clock, and of the processor


@dataclass(frozen=True)
class Guided:
    """What one scale takes, medians: of an evaluation and of a usual frame, in seconds by the clock and of the
    processor, and in 10^12 operations. A frame is what is drawn, without files."""

    evaluation_s: float
    evaluation_cpu_s: float
    evaluation_tflop: float
    frame_s: float
    frame_cpu_s: float
    frame_tflop: float


def compare_guidance(animations: Sequence[Animation], state: State, frames: int) -> dict[str, Any]:
    """What each animation takes, which are of one model and differ in their guidance, by that; and how many times as
    much as the first the last takes. state: after the frames that are not measured.

    A frame of each that is not counted comes first, in which its passes are set up.
    """
    sides = [_Side(animation, state) for animation in animations]
    for number in range(frames + 1):
        for side in sides:
            side.draw(is_counted=number > 0)
    found = {f"{side.animation.plan.canvas.cfg_scale:g}": asdict(side.found()) for side in sides}
    first, *_, last = found.values()
    return {"guidance": found, "guidance_ratio": {name: last[name] / first[name] for name in first}}


@dataclass(eq=False)
class _Evaluations(Meter):
    """A meter of the denoising network's passes. device: waited for before and after each."""

    device: str
    took: list[Seconds] = field(default_factory=list)

    @contextmanager
    def measure(self, stage: str, rows: int) -> Iterator[None]:  # noqa: ARG002
        if stage != "denoise":
            yield
            return
        synchronize(self.device)
        started = _clocks()
        yield
        synchronize(self.device)
        self.took.append(_since(started))


class _Side:
    """One of those that are compared."""

    def __init__(self, animation: Animation, state: State) -> None:
        self.animation, self._state = animation, state
        self._evaluations, self._frames = _Evaluations(animation.facts.device), list[Seconds]()
        self._backend = backend_of(MeteredBundle(animation.bundle, self._evaluations), parse_rows(animation.setup.rows))

    def draw(self, is_counted: bool) -> None:
        """Draws the next frame."""
        animation, started = self.animation, _clocks()
        self._state = drive(next_stretch(animation.plan, animation.space, self._state), self._backend).state
        synchronize(animation.facts.device)
        if is_counted:
            self._frames.append(_since(started))
        else:
            self._evaluations.took.clear()

    def found(self) -> Guided:
        """What was measured up to now."""
        work = count_work(self.animation)
        return Guided(
            *_medians(self._evaluations.took), work.evaluation / 1e12, *_medians(self._frames), work.frame / 1e12
        )


def _clocks() -> Seconds:
    return time.perf_counter(), time.process_time()


def _since(started: Seconds) -> Seconds:
    clock, processor = _clocks()
    return clock - started[0], processor - started[1]


def _medians(took: Sequence[Seconds]) -> Seconds:
    return median(clock for clock, _ in took), median(processor for _, processor in took)
