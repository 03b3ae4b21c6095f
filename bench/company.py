"""What company changes in the pictures: `./run bench company [--model NAME] [--rows N] [--frames N] [--device NAME]`.

Draws one animation with each sampler, first all of them together and then each alone, and compares their frames.
With `--rows N` every pass has N rows, and nothing may differ. Without, passes have as many rows as there is work for,
as `--rows auto` has it on a GPU, and last bits differ that grow from frame to frame: this says how far.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.render import MOTION, animation_of
from dreamreel.animation.state import State
from dreamreel.animation.stretch import next_stretch
from dreamreel.diffusion.calls import Decode, Denoise, Encode
from dreamreel.diffusion.sampling import SAMPLERS
from dreamreel.engine.backend import Backend
from dreamreel.engine.batcher import Batcher
from dreamreel.engine.checkpoint import Checkpoint
from dreamreel.engine.network import Only
from dreamreel.engine.rows import denoise_buckets, picture_buckets
from dreamreel.models.bundle import ModelBundle
from dreamreel.rendering.animation import Animation
from dreamreel.rendering.setup import Setup

Images = list[NDArray[np.uint8]]


def animations(model: str, device: str, num_frames: int) -> list[Animation]:
    """One for each sampler, of one model, with another prompt from the middle on."""
    raw = {
        **MOTION,
        "animation_prompts": f"0: a red fox in a snowy forest at night | {num_frames // 2}: a castle by the sea",
    }
    made = [
        animation_of({**raw, "sampler": sampler, "seed": seed, "max_frames": num_frames}, Setup(model, device=device))
        for seed, sampler in enumerate(dict.fromkeys(row.name for row in SAMPLERS.values()))
    ]
    for each in made[1:]:
        each.bundle = made[0].bundle
    return made


def gpu_like(bundle: ModelBundle, rows: int | None) -> Backend:
    """A backend of that model. rows: None for the buckets that a GPU would have."""
    checkpoint = Checkpoint(bundle, rows)
    if rows is None:
        free = denoise_buckets(None, "cuda")
        checkpoint.buckets = {Denoise: free, Encode: picture_buckets(free), Decode: picture_buckets(free)}
    return Backend(Only(checkpoint))


def draw(drawn: Sequence[Animation], backend: Backend) -> list[Images]:
    """The frames of each, drawn side by side."""
    batcher = Batcher(backend)
    images: list[Images] = [[] for _ in drawn]
    for number, each in enumerate(drawn):
        batcher.add(str(number), next_stretch(each.plan, each.space, State()))
    while len(batcher):
        for outcome in batcher.step():
            if outcome.error is not None:
                raise outcome.error
            each, state = drawn[int(outcome.key)], outcome.result.state
            images[int(outcome.key)] += [frame.image for frame in outcome.result.frames]
            if state.next_idx < len(each):
                batcher.add(outcome.key, next_stretch(each.plan, each.space, state))
    return images


def differences(ours: Images, theirs: Images) -> Iterator[tuple[int, float]]:
    """Of each frame: the largest difference of a level, and the share of pixels that have any."""
    for one, other in zip(ours, theirs, strict=True):
        levels = np.abs(one.astype(int) - other.astype(int)).max(2)
        yield int(levels.max()), float((levels > 0).mean())


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench company", description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="builtin", help="a model's name, random-small or random-sd15")
    parser.add_argument("--rows", type=int, help="rows of every pass; free buckets if not given")
    parser.add_argument("--frames", type=int, default=12, help="of each, two at least")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    drawn = animations(options.model, options.device, options.frames)
    print(f"{len(drawn)} animations of {options.frames} frames, together and then each alone", file=sys.stderr)
    bundle = drawn[0].bundle
    together = draw(drawn, gpu_like(bundle, options.rows))
    report = {}
    for each, images in zip(drawn, together, strict=True):
        levels, shares = zip(*differences(images, draw([each], gpu_like(bundle, options.rows))[0]), strict=True)
        sampler = each.plan.sampling.sampler(0).name
        report[sampler] = {"levels": max(levels), "share": max(shares)}
        if not options.json:
            print(f"{sampler:16} at most {max(levels)} of 255, in at most {max(shares):.2%} of a frame's pixels")
    if options.json:
        print(json.dumps(report))


if __name__ == "__main__":
    main()
