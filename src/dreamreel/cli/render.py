"""`dreamreel render`: prompts and keyframes in, a video out."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from dreamreel.cli.drawing import draw, exit_if_stopped
from dreamreel.cli.options import takes_animation
from dreamreel.video.frames import FrameFolder
from dreamreel.video.writer import check_output
from dreamreel.workers.output import check_same, open_folder
from dreamreel.workers.rendering import Setup, prepare


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
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on from the frames in --frames (else FILE.frames), if there are any."),
    ] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Lines instead of a progress bar.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with a JSON object, not the path alone.")] = False,
) -> None:
    """Render an animation to a video.

    Prints the video's path. Ctrl+C still leaves a playable video of the frames that were done.
    """
    check_output(output)
    scratch = resume and frames is None
    folder, manifest = _open_frames(Path(f"{output}.frames") if scratch else frames, resume)
    animation = prepare(raw, setup, seed=manifest["input"]["seed"] if manifest else None)
    if folder is not None:
        if manifest is not None:
            check_same(manifest, animation, folder.count())
        folder.write_manifest(animation.manifest())
    report = draw(animation, output, folder, plain)
    if scratch and folder is not None and report.complete:
        folder.delete()
    print(json.dumps(asdict(report)) if as_json else report.output)
    exit_if_stopped(report)


def _open_frames(path: Path | None, resume: bool) -> tuple[FrameFolder | None, dict[str, Any] | None]:
    return (None, None) if path is None else open_folder(path, resume)
