"""The tiny model shared by tests: loaded once, 64x64 pixels, a frame in a blink."""

from functools import cache

from dreamreel.models import catalog
from dreamreel.rendering.animation import Animation, prepare
from dreamreel.rendering.setup import Setup


@cache
def bundle():
    return catalog.load(catalog.locate("tiny-sd"), "cpu")


def animation(steps=10, seed=1, size=(None, None), cfg_scale=None, lora_folder="", **raw) -> Animation:
    """An animation on the tiny model; the inputs that matter less are kept short. size: width and height in pixels."""
    raw = {"animation_prompts": "a red circle on a blue background", "max_frames": 4, "sampler": "euler", **raw}
    made = prepare({"seed": seed, **raw}, Setup("tiny-sd", *size, steps, cfg_scale, "cpu", loras=lora_folder))
    made.bundle = bundle()
    return made
