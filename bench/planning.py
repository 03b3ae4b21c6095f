"""What planning costs: `./run bench planning [--frames 1000] [--json]`.

Processor milliseconds to plan a film for the first time and again, to make the table of its frames, and to answer
`POST /validate` about it, with 6 schedules and with all that there are, and the ratio of the two. Written as numbers,
as formulas (in both most are alike, as in a settings file), and as formulas of which no two are. Goals: with all it
takes no more than twice as long as with 6 where they are numbers; `/validate` of 1,000 frames with all less than 100
ms.
"""

import argparse
import json
import time
from collections.abc import Callable

from starlette.responses import JSONResponse

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.fields import FIELDS
from dreamreel.animation.input import parse
from dreamreel.animation.plan import build, table
from dreamreel.animation.views import ANIMATE
from dreamreel.api.routes.validation import schedules_of
from dreamreel.schedule.expressions import tree_of
from dreamreel.schedule.schedules import remembered

SIX = ("angle", "zoom", "translation_x", "translation_y", "strength_schedule", "noise_schedule")
# Those whose values the others' would not fit.
NUMBERS = {
    "zoom": (1.02, 1.04),
    "kernel_schedule": (5, 5),
    "clipskip_schedule": (1, 2),
    "seed_schedule": (5, 900),
    "steps_schedule": (20, 30),
    "perspective_flip_fv": (53, 60),
}


def written(name: str, num_frames: int, is_formula: bool, apart: float) -> str:
    """A schedule of three keys. apart: how much its values are raised, where those of others are like them."""
    low, high = NUMBERS.get(name, (0.1 + apart, 0.3 + apart))
    keys = [(0, low), (num_frames // 2, high), (num_frames - 1, low)]
    if is_formula and low < high:
        return ", ".join(f"{frame}: ({low} + {high - low}*(sin(2*pi*t/30)+1)/2)" for frame, _ in keys)
    return ", ".join(f"{frame}: ({value})" for frame, value in keys)


def film(names: tuple[str, ...], num_frames: int, is_formula: bool, apart: float = 0.0) -> dict[str, object]:
    """The input. apart: how much the values of one schedule are raised above those of the one before."""
    schedules = {name: written(name, num_frames, is_formula, idx * apart) for idx, name in enumerate(names)}
    chosen = {"seed_behavior": "schedule"} if "seed_schedule" in names else {}
    return {
        "profile": "dreamreel",
        "max_frames": num_frames,
        "seed": 5,
        "sampler": "euler_ancestral",
        "animation_prompts": "0: a forest | 40: a city",
        "enable_perspective_flip": True,
        **schedules,
        **chosen,
    }


def milliseconds(work: Callable[[], object], times: int = 9) -> float:
    """The least processor time that work took."""
    best = float("inf")
    for _ in range(times):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return round(1000 * best, 2)


def measure(raw: dict[str, object]) -> dict[str, float]:
    canvas = Canvas(512, 512, 50, 7.0)
    plan = build(parse(raw)[0], canvas, 5)

    def first() -> object:
        remembered.cache_clear()
        tree_of.cache_clear()
        return build(parse(raw)[0], canvas, 5)

    def answer() -> object:
        made = build(parse(raw)[0], canvas, 5)
        return JSONResponse({"frames": list(table(made)), "schedules": schedules_of(made, ANIMATE)})

    return {
        "first_ms": milliseconds(first),
        "plan_ms": milliseconds(lambda: build(parse(raw)[0], canvas, 5)),
        "table_ms": milliseconds(lambda: list(table(plan))),
        "validate_ms": milliseconds(answer),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    every = tuple(name for name, field in FIELDS.items() if field.kind == "schedule")
    found = {}
    for kind, is_formula, apart in (("numbers", False, 0.0), ("formulas", True, 0.0), ("unlike", True, 0.001)):
        few, many = (measure(film(names, options.frames, is_formula, apart)) for names in (SIX, every))
        ratio = {name.removesuffix("_ms"): round(many[name] / few[name], 2) for name in ("first_ms", "plan_ms")}
        found[kind] = {str(len(SIX)): few, str(len(every)): many, "ratio": ratio}
    if options.json:
        print(json.dumps(found))
        return
    for kind, figures in found.items():
        for count, row in figures.items():
            print(f"{kind:9} {count:>5}  {row}")


if __name__ == "__main__":
    main()
