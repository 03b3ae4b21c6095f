"""What only shows when the steps are worked out: those that do not exist, and strengths that are none."""

from bisect import bisect_right
from collections.abc import Iterator
from math import floor

import numpy as np
from numpy.typing import NDArray

from dreamreel.animation.field import Field
from dreamreel.diffusion.sampling import Sampler
from dreamreel.errors import InputError
from dreamreel.schedule.notes import Note
from dreamreel.schedule.schedules import Grammar, locate_schedule
from dreamreel.schedule.series import Floats


def check_sampler(
    sampler: Sampler, totals: NDArray[np.int64], steps: NDArray[np.int64], frames: NDArray[np.int64]
) -> None:
    """Raises InputError where the sampler has no such steps, or could not start.

    totals: (N,), of each frame if it were drawn from nothing. steps: (N,), of each frame. frames: those that it draws.
    """
    all_steps = np.zeros(1001, np.int64)
    for num_steps in sorted(set(totals[frames].tolist())):  # np.unique would import masked arrays
        if (wrong := sampler.refuse_steps(num_steps)) is not None:
            raise InputError("steps", wrong)
        all_steps[num_steps] = sampler.clock.all_steps(num_steps)
    from_nothing = frames[(frames > 0) & (steps[frames] >= all_steps[totals[frames]])]
    if sampler.clock.keeps_something and len(from_nothing):
        raise InputError(
            "strength_schedule",
            f"0 at frame {from_nothing[0]} leaves nothing to keep, which {sampler.name} cannot start from; "
            f"use at least {1 / totals[from_nothing[0]]:g}, or another sampler",
        )


def clipped_keys(field: Field, text: str, strength: Floats, grammar: Grammar) -> Iterator[Note]:
    """A note on each key of the strength's schedule that is clipped to 0 .. 1, as the original does it.

    field: the schedule's. text: of it, which can be read. strength: (N,), its series, not clipped yet.
    """
    name = field.name
    if text == field.default:
        return
    keys = [span.keyframe for span in locate_schedule(text, name, grammar)]
    frames = sorted({key.frame for key in keys} | {grammar.num_frames})
    for key in keys:
        if (number := grammar.reading.number(key.text)) is not None:
            value = number
        elif key.frame < grammar.num_frames:
            held = strength[key.frame : frames[bisect_right(frames, key.frame)]]
            value = float(held[np.abs(held - 0.5).argmax()])
        else:
            continue
        if not 0 <= value <= 1:
            bound = 1 if value > 1 else 0
            instead = f"; write {value / 100:g} for {value:g} %" if 5 <= value <= 100 else ""
            message = f"{value:g} at column {key.column} becomes {bound}: a strength lies between 0 and 1{instead}"
            yield Note(name, message, key.column, ignored=True)


def undrawn_frames(
    strength: Floats, steps: NDArray[np.int64], totals: NDArray[np.int64], is_drawn: NDArray[np.bool_]
) -> Iterator[Note]:
    """A note on frames that keep so much of the one before that no sampler step is left. All (N,).

    is_drawn: whether it is diffused at all.
    """
    undrawn = np.flatnonzero((steps == 0) & is_drawn)
    if len(undrawn):
        first, last = int(undrawn[0]), int(undrawn[-1])
        num_steps = int(totals[first])
        which = f"frame {first} takes" if first == last else f"{len(undrawn)} frames, {first} to {last}, take"
        message = (
            f"{which} 0 of {num_steps} steps at a strength of {strength[first]:g}: moved, and not drawn over; "
            f"{floor(1000 - 1000 / num_steps) / 1000:g} leaves one step"
        )
        yield Note("strength_schedule", message)
