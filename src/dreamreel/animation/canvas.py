"""The picture's size and the sampler's settings: what the model and the operator decide."""

from dataclasses import dataclass

from dreamreel.errors import InputError


@dataclass(frozen=True)
class Canvas:
    """What the model and the operator decide, not the request.

    width, height: pixels. steps: sampler steps of a frame drawn from nothing. cfg_scale: guidance.
    multiple: width and height must be multiples of it (pixels per latent).
    """

    width: int
    height: int
    steps: int
    cfg_scale: float
    multiple: int = 8


def check_canvas(canvas: Canvas) -> None:
    """Raises InputError if no picture of that size, or no such number of steps, can be drawn."""
    for side, value in (("width", canvas.width), ("height", canvas.height)):
        if not 16 <= value <= 4096:
            raise InputError("size", f"{side} must be between 16 and 4096 pixels, got {value}")
        if value % canvas.multiple:
            below = max(value - value % canvas.multiple, canvas.multiple)
            raise InputError(
                "size",
                f"{side} {value} is not a multiple of {canvas.multiple}; "
                f"use {below} or {value - value % canvas.multiple + canvas.multiple}",
            )
    if not 1 <= canvas.steps <= 1000:
        raise InputError("steps", f"must be between 1 and 1000, got {canvas.steps}")
    if not -1000 <= canvas.cfg_scale <= 1000:  # also false for nan
        raise InputError("cfg_scale", f"must be between -1000 and 1000, got {canvas.cfg_scale}")
