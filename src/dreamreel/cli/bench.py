"""`dreamreel bench`: how fast the model at hand draws here, and where the time goes."""

import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from dreamreel.cli.exits import exit_codes, say
from dreamreel.cli.request import make_setup
from dreamreel.errors import InputError
from dreamreel.rendering.animation import Animation, prepare

if TYPE_CHECKING:
    from dreamreel.animation.state import State
    from dreamreel.measuring.load import Load
    from dreamreel.rendering.setup import Setup

app = typer.Typer(add_completion=False)

INPUT = {
    "animation_prompts": "a castle by the sea",
    "sampler": "euler",
    "seed": 1,
    "zoom": "0: (1.04)",
    "angle": "0: (1)",
    "translation_x": "0: (2)",
}


@app.command()
def bench(
    model: Annotated[str, typer.Option(metavar="NAME|PATH", help="The model to measure.")] = "builtin",
    random: Annotated[
        str, typer.Option(metavar="small|sd15|sdxl", help="Measure a model with random weights of this size instead.")
    ] = "",
    size: Annotated[str | None, typer.Option(metavar="WxH", help="Pixels \\[default: the model's]")] = None,
    steps: Annotated[int | None, typer.Option(help="Sampler steps \\[default: the model's]")] = None,
    cfg_scale: Annotated[
        str,
        typer.Option(
            metavar="X[,X]",
            help="Guidance; of two, such as 1,7, how much more the other takes \\[default: the model's]",
        ),
    ] = "",
    device: Annotated[str, typer.Option(help="auto, cuda, cuda:1, mps or cpu.")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, float32, float16 or bfloat16.")] = "auto",
    rows: Annotated[str, typer.Option(metavar="auto|N", help="Rows of one network call.")] = "auto",
    concurrent: Annotated[
        str, typer.Option(metavar="N,N...", help="Predictions at once, one measurement each.")
    ] = "1,2,4,8,16",
    frames: Annotated[int, typer.Option("--frames", "-n", min=1, help="Frames of each prediction.")] = 4,
    against: Annotated[
        str, typer.Option(metavar="diffusers", help="Measure diffusers' own img2img pipeline beside it.")
    ] = "",
    trace: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what ran when in the largest measurement (Chrome trace).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with a JSON object, not a table.")] = False,
) -> None:
    """Measure frames per second, the engine's overhead, and the share of what the machine can do."""
    with exit_codes():
        counts = _counts(concurrent)
        if against not in ("", "diffusers"):
            raise InputError("--against", f'must be diffusers, got "{against[:40]}"')
        scales = _scales(cfg_scale)
        setup = make_setup(model, size, steps, scales[0] if scales else None, device, precision, rows)
        animation, load_s = _loaded(random, setup, frames)
        report = {"load_s": load_s, **_measure(animation, counts, frames, trace, bool(against), scales[1:])}
        print(json.dumps(report)) if as_json else _show(report)


def _counts(text: str) -> list[int]:
    counts = [int(part) if part.strip().isdecimal() else 0 for part in text.split(",")]
    if not all(1 <= count <= 256 for count in counts):
        raise InputError("--concurrent", f'must be numbers between 1 and 256 with commas between, got "{text[:40]}"')
    return counts


def _scales(text: str) -> list[float]:
    """None, one or two scales of guidance. Raises InputError."""
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    numbers = [float(part) if re.fullmatch(r"\d{1,3}(\.\d{1,6})?", part) else -1.0 for part in parts]
    if len(set(numbers)) != len(parts) or len(parts) > 2 or not all(1 <= each <= 100 for each in numbers):
        raise InputError(
            "--cfg-scale", f'must be one number from 1 to 100, or two with a comma between, got "{text[:40]}"'
        )
    return numbers


def _loaded(random: str, setup: "Setup", frames: int) -> tuple[Animation, float]:
    """The animation that is measured, its model loaded, and the seconds that this took."""
    from dreamreel.measuring.load import WARM_UP, prepare_random

    raw = {**INPUT, "max_frames": WARM_UP + max(frames, COMPARED) + 1}
    started = time.perf_counter()
    animation = prepare_random(raw, setup, random) if random else prepare(raw, setup)
    facts, load_s = animation.facts, time.perf_counter() - started
    say(f"{facts.title} is there on {facts.device} ({facts.precision}) after {load_s:.1f} s")
    return animation, load_s


# Frames of each side that are compared with diffusers' pipeline, in turn.
COMPARED = 6


def _measure(
    animation: Animation, counts: list[int], frames: int, trace: Path | None, against: bool, scales: list[float]
) -> dict[str, Any]:
    from dreamreel.engine.trace import Trace
    from dreamreel.measuring.load import WARM_UP, count_work, matmul_ceiling, measure, warmed_up

    facts = animation.facts
    say(f"the first {WARM_UP} frames are not measured")
    if not animation.plan.evaluations[-1]:
        steps = animation.plan.canvas.steps
        raise InputError(
            "--steps", f"{steps} are too few to measure: a usual frame takes none of them, give at least 3"
        )
    work, state = count_work(animation).frame, warmed_up(animation)
    ceiling = matmul_ceiling(facts.device, facts.precision)
    loads, spans = [], Trace()
    for count in counts:
        load = measure(animation, state, count, frames, spans if trace and count == max(counts) else None)
        say(f"{count} at once: {load.frames_per_second:.3f} frames/s")
        loads.append(load)
    if trace is not None:
        spans.write(trace)
    report = _report(animation, loads, work, ceiling)
    return {**report, **_more(animation, state, scales), **(_compare(animation, state) if against else {})}


def _more(animation: Animation, state: "State", scales: list[float]) -> dict[str, Any]:
    """What the same takes at another guidance; nothing where none is named."""
    from dreamreel.measuring.guidance import compare_guidance
    from dreamreel.rendering.setup import plan_on

    if not scales:
        return {}
    canvas = animation.plan.canvas
    raw = {**INPUT, "max_frames": animation.plan.num_frames}
    others = [replace(animation, plan=plan_on(replace(canvas, cfg_scale=scale), raw)[0]) for scale in scales]
    for each in others:
        each.bundle = animation.bundle
    say(f"guidance {canvas.cfg_scale:g} and {scales[0]:g}, {COMPARED} frames of each in turn")
    return compare_guidance([animation, *others], state, COMPARED)


def _report(animation: Animation, loads: "list[Load]", work: float, ceiling: float) -> dict[str, Any]:
    kept = animation.provenance()
    rates = {str(load.predictions): load.frames_per_second * work / 1e12 for load in loads}
    return {
        "model": animation.facts.title,
        **{name: kept[name] for name in ("device", "precision", "threads", "rows", "width", "height", "steps")},
        "frames_per_second": {str(load.predictions): load.frames_per_second for load in loads},
        "evaluations_per_second": {str(load.predictions): load.evaluations / load.seconds for load in loads},
        "overhead": {str(load.predictions): load.overhead for load in loads},
        "frame_p50_s": {str(load.predictions): load.quantile(0.5) for load in loads},
        "frame_p99_s": {str(load.predictions): load.quantile(0.99) for load in loads},
        "tflop_per_frame": work / 1e12,
        "tflops": rates,
        "peak_tflops": ceiling / 1e12,
        "share_of_peak": {count: 1e12 * rate / ceiling for count, rate in rates.items()},
    }


def _compare(animation: Animation, state: "State") -> dict[str, Any]:
    from dreamreel.measuring.load import compare

    say(f"against diffusers' pipeline, {COMPARED} frames of each in turn")
    return compare(animation, state, COMPARED)


def _show(report: dict[str, Any]) -> None:
    table = Table(
        title=f"{report['model']} {report['width']}x{report['height']}, {report['steps']} steps, {report['device']} "
        f"{report['precision']}, {report['threads']} threads, rows {report['rows']}"
    )
    columns = ("at once", "frames/s", "evaluations/s", "outside networks", "p50 s", "p99 s", "TFLOP/s", "of peak")
    for column in columns:
        table.add_column(column, justify="right")
    for count in report["frames_per_second"]:
        table.add_row(
            count,
            f"{report['frames_per_second'][count]:.3f}",
            f"{report['evaluations_per_second'][count]:.2f}",
            f"{report['overhead'][count]:.2%}",
            f"{report['frame_p50_s'][count]:.3f}",
            f"{report['frame_p99_s'][count]:.3f}",
            f"{report['tflops'][count]:.3f}",
            f"{report['share_of_peak'][count]:.1%}",
        )
    Console().print(table)
    if "guidance" in report:
        low, high = report["guidance"]
        more = report["guidance_ratio"]
        print(
            f"guidance {high} takes, of what {low} takes: an evaluation {more['evaluation_s']:.2f} x by the clock, "
            f"{more['evaluation_cpu_s']:.2f} x in processor time, {more['evaluation_tflop']:.2f} x the operations; "
            f"a frame {more['frame_s']:.2f} x, {more['frame_cpu_s']:.2f} x, {more['frame_tflop']:.2f} x"
        )
    if "against_diffusers" in report:
        print(
            f"against diffusers: {report['against_diffusers']:.2f} x as fast by the clock, "
            f"{report['against_diffusers_cpu']:.2f} x in processor time"
        )
