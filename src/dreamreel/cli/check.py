"""`dreamreel check`: what a render would do, frame by frame, without drawing."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from dreamreel.animation.plan import AnimationPlan, table
from dreamreel.cli.exits import say
from dreamreel.cli.options import takes_animation
from dreamreel.workers.rendering import Setup, prepare


@takes_animation
def check(
    raw: dict[str, Any],
    setup: Setup,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with one JSON object.")] = False,
) -> None:
    """Check an animation without drawing it: what is wrong, what would happen in each frame."""
    animation = prepare(raw, setup)
    plan = animation.plan
    notes = [*animation.notes, *plan.notes]
    if as_json:
        answer = {
            **animation.manifest(),
            "warnings": [str(note) for note in notes],
            "evaluations": int(plan.evaluations.sum()),
            "frames": list(table(plan)),
        }
        print(json.dumps(answer, ensure_ascii=False))
        return
    for note in notes:
        say(f"Warning: {note}")
    Console().print(_table(plan))
    print(f"{plan.num_frames} frames, {int(plan.evaluations.sum())} network evaluations, seed {plan.seed}")


def _table(plan: AnimationPlan) -> Table:
    """The prompt comes last: it is the one column that may be cut."""
    rows = list(table(plan))
    drawn = Table(box=None)
    columns = [name for name in rows[0] if name != "prompt"] + ["prompt"]
    for name in columns:
        drawn.add_column(name.replace("translation_", "t"), no_wrap=True, overflow="ellipsis")
    for row in rows:
        drawn.add_row(*(f"{row[name]:g}" if isinstance(row[name], float) else str(row[name]) for name in columns))
    return drawn
