"""`dreamreel render`: prompts and keyframes in, a video out."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from dreamreel.cli.animation_command import AnimationCommand
from dreamreel.cli.batch import batch_of, render_batch
from dreamreel.cli.film import Subtitles, Wanted, named, render_film
from dreamreel.cli.options import takes_animation
from dreamreel.cli.sheet import SheetOption
from dreamreel.errors import InputError
from dreamreel.rendering.setup import Setup

app = typer.Typer(add_completion=False)

_RESUME = "Go on from the frames in --frames (else FILE.frames), if there are any; a finished FILE stays."

OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="The video: .mp4, .webm or .gif; {name} is the input file's, {seed} the seed "
        "\\[default: out.mp4, with --batch {name}.mp4]",
    ),
]
SubtitlesOption = Annotated[
    Subtitles | None,
    typer.Option("--subtitles", help="Also write FILE with .srt: params of each frame, or the prompts."),
]


@app.command(cls=AnimationCommand)
@takes_animation
def render(
    raw: dict[str, Any],
    setup: Setup,
    ctx: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILES]", help="With --batch: what --input takes, and folders."),
    ] = None,
    batch: Annotated[
        bool, typer.Option("--batch", help="Render each of FILES; a file that fails does not stop the others.")
    ] = False,
    output: OutputOption = None,
    frames: Annotated[
        Path | None,
        typer.Option("--frames", metavar="DIR", help="Keep every frame here, lossless: 00000.png ..."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help=_RESUME)] = False,
    sheet: SheetOption = None,
    subtitles: SubtitlesOption = None,
    embed: Annotated[
        bool, typer.Option("--embed", help="With --subtitles: also a copy of the film with them in it.")
    ] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Lines instead of a progress bar.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with a JSON object, not the path alone.")] = False,
) -> None:
    """Render an animation to a video; with --batch one of each file.

    Prints the video's path. Ctrl+C still leaves a playable video of the frames that were done.
    """
    wanted = Wanted(output or Path("out.mp4"), frames, resume, sheet, subtitles, embed, plain, as_json)
    if batch:
        films = batch_of(files or [], output, wanted)
        render_batch(films, raw, setup, ctx.params.get("model") is not None)
        return
    if files:
        raise InputError("FILES", "are rendered with --batch; one file is --input FILE")
    source = ctx.params.get("request")
    path, request = named(wanted.output, Path(source).stem if source else "out", raw, resume)
    render_film(request, setup, replace(wanted, output=path))
