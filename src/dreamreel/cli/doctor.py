"""`dreamreel doctor`: what draws here, whether its fast paths are right, how fast they are, and what to change."""

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from dreamreel.cli.exits import FAILURE, exit_codes, say
from dreamreel.cli.request import make_setup
from dreamreel.errors import InputError

if TYPE_CHECKING:
    from dreamreel.measuring.doctor import Report

app = typer.Typer(add_completion=False)
GIGABYTE = 1 << 30
INPUT = {"animation_prompts": "a castle by the sea", "sampler": "euler", "seed": 1, "max_frames": 2}


@app.command()
def doctor(
    model: Annotated[str, typer.Option(metavar="NAME|PATH", help="The model to try.")] = "builtin",
    random: Annotated[
        str, typer.Option(metavar="small|sd15|sdxl", help="Try a model with random weights of this size instead.")
    ] = "",
    size: Annotated[str | None, typer.Option(metavar="WxH", help="Pixels \\[default: the model's]")] = None,
    device: Annotated[str, typer.Option(help="auto, cuda, cuda:1, xpu, mps or cpu.")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, float32, float16 or bfloat16.")] = "auto",
    seconds: Annotated[float, typer.Option(help="Seconds for each of about ten measurements.")] = 1.0,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with a JSON object, not with text.")] = False,
) -> None:
    """Report the device that draws, whether its fast paths are right, how fast each is, and what to change.

    Exit codes: 0 all is right; 1 a fast form is not, and the plain one is used; 2 there is no such model or device.
    """
    with exit_codes():
        if not 0 <= seconds <= 60:
            raise InputError("--seconds", f"must be between 0 and 60, got {seconds}")
        from dreamreel.measuring.doctor import advice, examine, machine
        from dreamreel.measuring.load import prepare_random
        from dreamreel.processes.local import may_have_gpu
        from dreamreel.rendering.animation import prepare

        found = machine()
        setup = make_setup(model, size, None, None, device, precision, "auto")
        animation = prepare_random(INPUT, setup, random) if random else prepare(INPUT, setup)
        say(f"trying {(random and f'random {random}') or model} ...")
        report = examine(animation, seconds)
        report = replace(report, advice=tuple(advice(found, report, may_have_gpu())))
        print(json.dumps(_document(found, report))) if as_json else _show(found, report)
        if not report.is_right:
            raise typer.Exit(FAILURE)


def _document(found: dict[str, Any], report: "Report") -> dict[str, Any]:
    compared = [
        {**asdict(proof), "holds": proof.holds, "difference": _number(proof.difference)} for proof in report.compared
    ]
    return {
        "ok": report.is_right,
        "machine": found,
        **report.facts,
        "compared": compared,
        "paths": [asdict(path) for path in report.paths],
        "threads": report.threads,
        "advice": list(report.advice),
    }


def _number(value: float) -> float | None:
    """JSON has no infinity."""
    return None if value == float("inf") else value


def _show(found: dict[str, Any], report: "Report") -> None:
    facts = report.facts
    print(f"dreamreel {found['dreamreel']}, torch {found['torch']}, Python {found['python']}, {found['system']}")
    free = found["memory_free"]
    memory = "" if free is None else f", {free / GIGABYTE:.1f} GB free"
    print(f"CPU: {found['cpu']}, {found['cores']} cores, {found['threads']} threads{memory}")
    for each in found["accelerators"]:
        room = (
            ""
            if each["total"] is None
            else f", {each['free'] / GIGABYTE:.1f} of {each['total'] / GIGABYTE:.1f} GB free"
        )
        print(f"{each['device']}: {each['name']}{room} ({found['driver']})")
    if not found["accelerators"]:
        print("no GPU that this torch can use")
    size = f"{facts['width']}x{facts['height']}, {facts['steps']} steps"
    print(f"{facts['model']} on {facts['device']} ({facts['hardware']}) in {facts['precision']}, {size}")
    for proof in report.compared:
        print(f"{'ok' if proof.holds else 'WRONG'}: {proof}")
    if not report.compared:
        print("ok: nothing is computed in another form than the plain one")
    table = Table("form", "evaluation s", "encode s", "decode s", "frames/s")
    for path in report.paths:
        values = (path.evaluation_s, path.encode_s, path.decode_s, path.frames_per_second)
        table.add_row(path.name, *(f"{value:.4g}" for value in values))
    Console().print(table)
    if report.threads:
        print("threads: " + ", ".join(f"{count}: {taken:.4g} s" for count, taken in report.threads.items()))
    for sentence in report.advice:
        print(f"to do: {sentence}")
    if not report.advice:
        print("nothing to do")
