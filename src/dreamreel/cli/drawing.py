"""Drawing an animation into a file while a person watches: what `render` and `demo` share."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from dreamreel.animation.wording import PLMS_LINE, start_lines
from dreamreel.cli.exits import say
from dreamreel.cli.interrupts import Interrupts
from dreamreel.cli.progress import Display, make_display
from dreamreel.rendering.animation import Animation, Frame
from dreamreel.rendering.output import Output
from dreamreel.video.frames import FrameFolder

if TYPE_CHECKING:
    from dreamreel.animation.state import State


@dataclass(frozen=True)
class Report:
    """What came out. frames: in the video. signal: the number of the signal that stopped it, or 0."""

    output: str
    seed: int
    frames: int
    complete: bool
    frames_per_second: float
    model: str
    signal: int = 0


def draw(
    animation: Animation,
    path: Path,
    folder: FrameFolder | None = None,
    plain: bool = False,
    keep: Callable[[Frame], None] = lambda _frame: None,
) -> Report:
    """Draws what folder does not hold yet into folder and into the video at path. keep: is given each drawn frame.

    Stopped by SIGINT or SIGTERM it completes the video with the frames that are done; before the first
    of them it raises KeyboardInterrupt. Raises ModelError and VideoError.
    """
    for line in [*(f"Warning: {note}" for note in animation.notes), *start_lines(animation.plan)]:
        if line != PLMS_LINE or "sampler" in animation.chosen:  # of a choice that nobody made there is nothing to say
            say(line)
    display = make_display(animation.plan, plain)
    with Interrupts() as interrupts, Output(animation, path, folder) as output:
        for remark in animation.remarks():
            say(f"Warning: {remark}")
        state = output.restore(animation)
        restored, started = output.num_frames, time.perf_counter()
        try:
            with display:
                _draw_frames(animation, output, display, state, interrupts, keep)
        except KeyboardInterrupt:
            if output.num_frames == 0:
                raise
        pace = (output.num_frames - restored) / (time.perf_counter() - started)
        output.finish()
    say(f"{output.num_frames - restored} frames drawn, {pace:.2f} frames/s, seed {animation.plan.seed}")
    return Report(
        output=str(path),
        seed=animation.plan.seed,
        frames=output.num_frames,
        complete=output.num_frames == len(animation),
        frames_per_second=round(pace, 3),
        model=animation.facts.title,
        signal=interrupts.signal or 0,
    )


def exit_if_stopped(report: Report) -> None:
    """Ends the command with the exit code of the signal that stopped the drawing, if one did."""
    if report.signal:
        say(f"Stopped after {report.frames} frames; the video holds these.")
        raise typer.Exit(128 + report.signal)


def _draw_frames(
    animation: Animation,
    output: Output,
    display: Display,
    state: "State | None",
    interrupts: Interrupts,
    keep: Callable[[Frame], None],
) -> None:
    frames = animation.frames(state, observe=lambda _stage, _seconds: interrupts.check())
    while output.num_frames < len(animation):
        display.begin(output.num_frames)
        frame = next(frames)
        output.add(frame)
        keep(frame)
        display.done(frame)
