"""The picture's size and the sampler's settings: the model and the operator decide, a request within their limits."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from dreamreel.animation.checked import AnimationInput
from dreamreel.animation.core import CFG_SCALE, HEIGHT, STEPS, WIDTH
from dreamreel.errors import InputError


@dataclass(frozen=True)
class Canvas:
    """What frames are drawn on.

    width, height: pixels. steps: sampler steps of a frame drawn from nothing. cfg_scale: guidance.
    multiple: width and height must be multiples of it (pixels per latent).
    most_pixels, most_steps: what a request may ask for; None: whatever can be drawn.
    """

    width: int
    height: int
    steps: int
    cfg_scale: float
    multiple: int = 8
    most_pixels: int | None = None
    most_steps: int | None = None


def chosen_canvas(canvas: Canvas, given: AnimationInput) -> Canvas:
    """canvas with the size, the steps and the guidance that given names. Raises InputError for what cannot be drawn."""
    names = [field.name for field in (WIDTH, HEIGHT, STEPS, CFG_SCALE) if given.values[field.name] is not None]
    chosen = replace(
        canvas,
        width=given.whole(WIDTH.name) if WIDTH.name in names else canvas.width,
        height=given.whole(HEIGHT.name) if HEIGHT.name in names else canvas.height,
        steps=given.whole(STEPS.name) if STEPS.name in names else canvas.steps,
        cfg_scale=given.number(CFG_SCALE.name) if CFG_SCALE.name in names else canvas.cfg_scale,
    )
    check_canvas(chosen, names)
    sides = [name for name in names if name in (WIDTH.name, HEIGHT.name)]
    pixels, most = chosen.width * chosen.height, canvas.most_pixels
    if sides and most is not None and pixels > most:
        message = f"{chosen.width}x{chosen.height} is {pixels} pixels, and this server draws {most} at most"
        raise InputError(sides[0], message)
    if STEPS.name in names:
        check_steps(STEPS.name, chosen.steps, canvas)
    return chosen


def check_steps(name: str, steps: int, canvas: Canvas) -> None:
    """Raises InputError for more steps than a request may ask for. name: of the input."""
    if canvas.most_steps is not None and steps > canvas.most_steps:
        raise InputError(name, f"{steps} steps are more than the {canvas.most_steps} that this server takes")


def check_canvas(canvas: Canvas, named: Collection[str] = ()) -> None:
    """Raises InputError if no picture of that size, or no such number of steps, can be drawn.

    named: the sides that an input of that name chose; the others are of a size.
    """
    for side, value in ((WIDTH.name, canvas.width), (HEIGHT.name, canvas.height)):
        name, which = (side, "") if side in named else ("size", f"{side} ")
        if not 16 <= value <= 4096:
            raise InputError(name, f"{which}must be between 16 and 4096 pixels, got {value}")
        if value % canvas.multiple:
            below = max(value - value % canvas.multiple, canvas.multiple)
            above = value - value % canvas.multiple + canvas.multiple
            raise InputError(name, f"{which}{value} is not a multiple of {canvas.multiple}; use {below} or {above}")
    if not 1 <= canvas.steps <= 1000:
        raise InputError("steps", f"must be between 1 and 1000, got {canvas.steps}")
    if not -1000 <= canvas.cfg_scale <= 1000:  # also false for nan
        raise InputError("cfg_scale", f"must be between -1000 and 1000, got {canvas.cfg_scale}")
