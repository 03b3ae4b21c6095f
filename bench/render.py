"""Where the time of a frame goes: `./run bench render [--model NAME] [--size WxH] [--frames N] [--json]`.

Draws an animation like `dreamreel render` does and adds up the seconds of each stage. What is not inside a
network call (text, encode, denoise, decode) is overhead; its share is the figure to watch.
"""

import argparse
import json
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from dreamreel.cli.request import parse_size
from dreamreel.measuring.load import prepare_random
from dreamreel.rendering.animation import Animation, prepare
from dreamreel.rendering.output import Output
from dreamreel.rendering.setup import Setup
from dreamreel.video.frames import FrameFolder

NETWORKS = ("text", "encode", "denoise", "decode")
STAGES = ("warp", "color", "noise", *NETWORKS, "video", "png", "other")
MOTION = {"zoom": "0: (1.04)", "angle": "0: (1)", "translation_x": "0: (2)"}


def measure(setup: Setup, num_frames: int, keep_frames: bool, sampler: str) -> dict[str, float]:
    """Seconds of each stage and of the whole, for num_frames frames after the first (which costs more)."""
    raw = {"animation_prompts": "a castle by the sea", "max_frames": num_frames + 1, "seed": 1, "sampler": sampler}
    animation = animation_of({**raw, **MOTION}, setup)
    seconds: dict[str, float] = defaultdict(float)

    def observe(stage: str, took: float) -> None:
        seconds[stage] += took

    with tempfile.TemporaryDirectory() as folder:
        frames = FrameFolder(Path(folder)) if keep_frames else None
        with Output(animation, Path(folder) / "out.mp4") as output:
            drawn = animation.frames(observe=observe)
            output.add(next(drawn))
            seconds.clear()
            started = time.perf_counter()
            for frame in drawn:
                _timed(seconds, "video", output.add, frame)
                if frames is not None:
                    _timed(seconds, "png", frames.save, frame.idx, frame.image)
            seconds["whole"] = time.perf_counter() - started
            output.finish()
    seconds["other"] = seconds["whole"] - sum(value for stage, value in seconds.items() if stage in STAGES)
    return seconds


def animation_of(raw: dict[str, Any], setup: Setup) -> Animation:
    """An animation of setup's model, which may be `random-small` or `random-sd15`."""
    random, _, kind = setup.model.partition("random-")
    return prepare(raw, setup) if random or not kind else prepare_random(raw, setup, kind)


def _timed(seconds, stage, function, *arguments):
    started = time.perf_counter()
    function(*arguments)
    seconds[stage] += time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench render", description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="builtin", help="a model's name, random-small or random-sd15")
    parser.add_argument("--size", help="WxH; the model's own if not given")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--frames", type=int, default=20, help="how many to time, after a first one")
    parser.add_argument("--sampler", default="klms")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--png", action="store_true", help="keep the frames too, as --frames does")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    width, height = parse_size(options.size)
    setup = Setup(options.model, width, height, options.steps, device=options.device)
    seconds = measure(setup, options.frames, options.png, options.sampler)
    overhead = 1 - sum(seconds[stage] for stage in NETWORKS) / seconds["whole"]
    if options.json:
        print(json.dumps({"frames": options.frames, "overhead": overhead, **seconds}))
        return
    print(f"{options.frames} frames of {options.model}: {seconds['whole'] / options.frames:.4f} s a frame")
    for stage in STAGES:
        if seconds[stage]:
            each, share = 1000 * seconds[stage] / options.frames, seconds[stage] / seconds["whole"]
            print(f"  {stage:8} {each:9.2f} ms {share:7.2%}")
    print(f"outside the networks: {overhead:.2%}")


if __name__ == "__main__":
    main()
