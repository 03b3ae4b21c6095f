"""The tiny model shared by tests: loaded once, 64x64 pixels, a frame in a blink."""

import atexit
import tempfile
from functools import cache
from pathlib import Path

from dreamreel.models import catalog
from dreamreel.rendering.animation import Animation, prepare
from dreamreel.rendering.setup import Setup


@cache
def bundle():
    return catalog.load(catalog.locate("tiny-sd"), "cpu")


@cache
def controlnet_folder():
    """A folder with ControlNets for the model, `canny` and `tile`."""
    from tests import controlnets

    made = tempfile.TemporaryDirectory()
    atexit.register(made.cleanup)
    for seed, name in enumerate(("canny", "tile")):
        controlnets.write_own(Path(made.name) / name, bundle().modules.unet, seed)
    return made.name


def animation(steps=10, seed=1, size=(None, None), cfg_scale=None, lora_folder="", **raw) -> Animation:
    """An animation on the tiny model; the inputs that matter less are kept short. size: width and height in pixels."""
    raw = {"animation_prompts": "a red circle on a blue background", "max_frames": 4, "sampler": "euler", **raw}
    controls = controlnet_folder() if raw.get("controlnets") else ""
    setup = Setup("tiny-sd", *size, steps, cfg_scale, "cpu", loras=lora_folder, controlnets=controls)
    made = prepare({"seed": seed, **raw}, setup)
    made.bundle = bundle()
    return made
