"""`dreamreel export`: an animation as a file of another program, or its subtitles."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from dreamreel.cli.animation_command import AnimationCommand
from dreamreel.cli.exits import say
from dreamreel.cli.options import takes_animation
from dreamreel.errors import InputError
from dreamreel.importers.export_a1111 import settings_of
from dreamreel.importers.export_parseq import manifest_of_plan
from dreamreel.rendering.animation import prepare
from dreamreel.rendering.setup import Setup
from dreamreel.rendering.subtitles import subtitles

app = typer.Typer(add_completion=False)


class Format(StrEnum):
    """What is written."""

    A1111 = "a1111"
    PARSEQ = "parseq"
    PARAMS = "srt-params"
    PROMPTS = "srt-prompts"


@app.command(cls=AnimationCommand)
@takes_animation
def export(
    raw: dict[str, Any],
    setup: Setup,
    format: Annotated[
        Format,
        typer.Option(
            "--format",
            help="a1111: a settings file of the extension; parseq: a rendered manifest; srt-params, srt-prompts: "
            "subtitles of each frame's numbers, of the prompts.",
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="File to save it in; printed if left out.")
    ] = None,
) -> None:
    """Write an animation as a file of another program: settings of the extension, a Parseq manifest, subtitles."""
    animation = prepare(raw, setup)
    for note in (*animation.notes, *animation.plan.notes):
        say(f"Warning: {note}")
    plan = animation.plan
    if format is Format.A1111:
        text = json.dumps(settings_of(plan), indent=4, ensure_ascii=False) + "\n"
    elif format is Format.PARSEQ:
        text = json.dumps(manifest_of_plan(plan), indent=4, ensure_ascii=False) + "\n"
    else:
        text = subtitles(plan, "params" if format is Format.PARAMS else "prompts")
    if output is None:
        print(text, end="", flush=True)
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        raise InputError("--output", f"{output} cannot be written: {error.strerror}") from None
    print(output)
