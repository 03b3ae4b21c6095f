"""What a person sees while frames are drawn: a bar on a terminal, the original's lines elsewhere."""

import sys
from types import TracebackType
from typing import Protocol

from dreamreel.animation.plan import AnimationPlan
from dreamreel.animation.wording import frame_line
from dreamreel.cli.exits import say
from dreamreel.cli.table import visible
from dreamreel.rendering.animation import Frame


class Display(Protocol):
    """Shows how far a render is. A context manager."""

    def __enter__(self) -> "Display": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def begin(self, idx: int) -> None:
        """Frame idx is about to be drawn."""

    def done(self, frame: Frame) -> None:
        """frame is finished."""


def make_display(plan: AnimationPlan, plain: bool, num_frames: int | None = None) -> Display:
    """A bar if stderr is a terminal and plain is not asked for, else lines. num_frames: to draw, where not all are."""
    return Lines(plan) if plain or not sys.stderr.isatty() else Bar(num_frames or plan.num_frames)


class Lines:
    """`Rendering animation frame i of N`, one line a frame."""

    def __init__(self, plan: AnimationPlan) -> None:
        self._plan = plan

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def begin(self, idx: int) -> None:
        say(frame_line(self._plan, idx))

    def done(self, frame: Frame) -> None:
        pass


class Bar:
    """A bar with frame n of N, seconds a frame, and the time left."""

    def __init__(self, num_frames: int) -> None:
        # A library that takes as long to import as everything else before the first look at an input.
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[pace]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            speed_estimate_period=60,
        )
        self._task = self._progress.add_task("frame", total=num_frames, pace="")

    def __enter__(self) -> "Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin(self, idx: int) -> None:
        self._progress.update(self._task, completed=idx)

    def done(self, frame: Frame) -> None:
        self.show(frame.idx + 1, frame.seconds)

    def show(self, num_done: int, seconds: float) -> None:
        """num_done frames are done, the last one in so many seconds."""
        self._progress.update(self._task, completed=num_done, pace=f"{seconds:.2f} s/frame")

    def say(self, line: str) -> None:
        """A line above the bar."""
        self._progress.console.print(visible(line), markup=False, highlight=False)
