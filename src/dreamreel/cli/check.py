"""`dreamreel check`: what a render would do, frame by frame, without drawing."""

import json
from typing import Annotated, Any

import typer

from dreamreel.animation.plan import table
from dreamreel.cli.animation_command import AnimationCommand
from dreamreel.cli.exits import say
from dreamreel.cli.frame_table import frame_lines, terminal_width
from dreamreel.cli.options import takes_animation
from dreamreel.cli.sheet import Sheet, SheetOption, draw_sheet
from dreamreel.errors import InputError, ModelError
from dreamreel.models import catalog
from dreamreel.rendering.animation import Animation, prepare
from dreamreel.rendering.setup import Setup
from dreamreel.schedule.notes import Note

app = typer.Typer(add_completion=False)


@app.command(cls=AnimationCommand)
@takes_animation
def check(
    raw: dict[str, Any],
    setup: Setup,
    as_json: Annotated[
        bool, typer.Option("--json", help="Answer with one JSON object, also about what is wrong.")
    ] = False,
    sheet: SheetOption = None,
) -> None:
    """Check an animation without drawing it: what is wrong, what would happen in each frame."""
    try:
        animation = prepare(raw, setup)
        catalog.examine(animation.location)
    except (InputError, ModelError) as error:
        if as_json:
            print(json.dumps({"error": _error(error)}, ensure_ascii=False))
        raise
    collected = Sheet(animation, sheet)
    notes = [*animation.notes, *animation.plan.notes, *animation.remarks()]
    if as_json:
        print(json.dumps(_document(animation, notes), ensure_ascii=False), flush=True)
    else:
        _print(animation, notes)
    if sheet is not None:
        draw_sheet(animation, collected)


def _print(animation: Animation, notes: list[Note]) -> None:
    for note in notes:
        say(f"Warning: {note}")
    plan = animation.plan
    for line in frame_lines(plan, terminal_width()):
        print(line)
    count, drawn = int(plan.evaluations.sum()), int(plan.is_diffused.sum())
    between = plan.num_frames - drawn
    cadence = f" ({drawn} drawn, {between} between)" if between else ""
    saved = f" ({plan.saved} saved)" if between else ""
    most = "at most " if plan.is_open else ""
    print(f"{plan.num_frames} frames{cadence}, {most}{count} network evaluations{saved}, seed {plan.seed}", flush=True)


def _document(animation: Animation, notes: list[Note]) -> dict[str, Any]:
    return {
        **animation.manifest(),
        "warnings": [str(note) for note in notes],
        "notes": [_members(note.field, note.message, note.column) for note in notes],
        "evaluations": int(animation.plan.evaluations.sum()),
        "saved_evaluations": animation.plan.saved,
        "evaluations_at_most": animation.plan.is_open,
        "frames": list(table(animation.plan)),
    }


def _members(field: str, message: str, column: int | None) -> dict[str, Any]:
    """What `POST /validate` says of a warning."""
    return {"field": field, "message": message, "column": column}


def _error(error: InputError | ModelError) -> dict[str, Any]:
    if isinstance(error, InputError):
        return _members(error.field, error.message, error.column)
    return _members("model", str(error), None)
