"""`dreamreel render`: prompts and keyframes in, a video out."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from dreamreel.cli.animation_command import AnimationCommand
from dreamreel.cli.drawing import draw, exit_if_stopped
from dreamreel.cli.exits import say
from dreamreel.cli.options import takes_animation
from dreamreel.cli.sheet import Sheet, SheetOption
from dreamreel.errors import DiskFullError, VideoError
from dreamreel.rendering.animation import Animation, prepare
from dreamreel.rendering.finished import Film, find_film, is_whole
from dreamreel.rendering.output import check_same, open_folder
from dreamreel.rendering.setup import Setup
from dreamreel.rendering.subtitles import subtitles as subtitles_of
from dreamreel.video.frames import FrameFolder
from dreamreel.video.writer import check_output, most_fps

app = typer.Typer(add_completion=False)


class Subtitles(StrEnum):
    """What subtitles say."""

    PARAMS = "params"
    PROMPTS = "prompts"


_RESUME = "Go on from the frames in --frames (else FILE.frames), if there are any; a finished FILE stays."


@app.command(cls=AnimationCommand)
@takes_animation
def render(
    raw: dict[str, Any],
    setup: Setup,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The video: .mp4, .webm or .gif.")
    ] = Path("out.mp4"),
    frames: Annotated[
        Path | None,
        typer.Option("--frames", metavar="DIR", help="Keep every frame here, lossless: 00000.png ..."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help=_RESUME)] = False,
    sheet: SheetOption = None,
    subtitles: Annotated[
        Subtitles | None,
        typer.Option("--subtitles", help="Also write FILE with .srt: params of each frame, or the prompts."),
    ] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Lines instead of a progress bar.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with a JSON object, not the path alone.")] = False,
) -> None:
    """Render an animation to a video.

    Prints the video's path. Ctrl+C still leaves a playable video of the frames that were done.
    """
    check_output(output)
    scratch = resume and frames is None
    film = find_film(output) if resume else None
    folder, manifest = _open_frames(Path(f"{output}.frames") if scratch else frames, resume)
    seed = manifest["input"]["seed"] if manifest else film.seed if film else None
    animation = prepare(raw, setup, seed=seed)
    if folder is not None and manifest is not None:
        check_same(manifest, animation, folder.count())
    if film is not None and is_whole(film, animation, folder.count() if folder else 0):
        _say_finished(film, animation, folder if scratch else None, sheet, as_json)
        return
    collected = Sheet(animation, sheet)
    _try_sink(output, animation)
    if folder is not None:
        folder.write_manifest({**animation.manifest(), "weights": animation.weights, "keys": animation.keys})
    with _telling_what_is_kept(folder):
        report = draw(animation, output, folder, plain, collected.add)
    collected.save(folder)
    if subtitles is not None:
        _write_subtitles(output, animation, subtitles, report.frames)
    if scratch and folder is not None and report.complete:
        folder.delete()
    print(json.dumps(asdict(report)) if as_json else report.output)
    exit_if_stopped(report)


def _write_subtitles(film: Path, animation: Animation, kind: Subtitles, num_frames: int) -> None:
    path = film.with_suffix(".srt")
    try:
        path.write_text(subtitles_of(animation.plan, kind.value, num_frames), "utf-8")
    except OSError as error:
        raise VideoError(f"{path} cannot be written: {error.strerror}; {film} is whole") from None


@contextlib.contextmanager
def _telling_what_is_kept(folder: FrameFolder | None) -> Iterator[None]:
    """Adds to the sentence on a full disk how it goes on when there is room."""
    try:
        yield
    except DiskFullError as error:
        way_out = "; no frame is kept: --resume or --frames keeps them"
        if folder is not None:
            way_out = f"; {folder.count()} frames are kept in {folder.folder}: make room and go on with --resume"
        raise DiskFullError(f"{error}{way_out}") from error


def _try_sink(path: Path, animation: Animation) -> None:
    """Raises VideoError unless the film can be written at its size; warns where it cannot play at its rate."""
    fps, canvas = animation.plan.input.fps, animation.plan.canvas
    check_output(path, fps, canvas.width, canvas.height)
    if (most := most_fps(path)) is not None and fps > most:
        say(
            f"Warning: fps: a gif plays at most {most} frames a second, so this one plays slower than {fps}; use {most}"
        )


def _say_finished(
    film: Film, animation: Animation, scratch: FrameFolder | None, sheet: Path | None, as_json: bool
) -> None:
    if sheet is not None:
        say(f"Warning: --sheet: nothing is drawn, so {sheet} is not; `dreamreel check --sheet` draws one")
    if scratch is not None:
        scratch.delete()
    say(f"{film.path} is finished: all {film.num_frames} frames are there, nothing is left to draw")
    report = {"output": str(film.path), "frames": film.num_frames, "complete": True}
    known = {} if film.manifest is None else {"seed": animation.plan.seed, "model": film.manifest["title"]}
    print(json.dumps({**report, **known}) if as_json else film.path)


def _open_frames(path: Path | None, resume: bool) -> tuple[FrameFolder | None, dict[str, Any] | None]:
    return (None, None) if path is None else open_folder(path, resume)
