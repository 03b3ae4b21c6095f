"""The tiny model shared by tests: loaded once, 64x64 pixels, a frame in a blink."""

from functools import cache

from dreamreel.models import catalog
from dreamreel.workers.rendering import Animation, Setup, prepare


@cache
def bundle():
    return catalog.load(catalog.locate("tiny-sd"), "cpu")


def animation(steps=10, seed=1, **raw) -> Animation:
    """An animation on the tiny model; the inputs that matter less are kept short."""
    raw = {"animation_prompts": "a red circle on a blue background", "max_frames": 4, "sampler": "euler", **raw}
    made = prepare({"seed": seed, **raw}, Setup("tiny-sd", steps=steps, device="cpu"))
    made.bundle = bundle()
    return made
