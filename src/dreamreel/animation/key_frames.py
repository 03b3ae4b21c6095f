"""The frames of an animation that are worth a first look: those at its keys."""

import numpy as np

from dreamreel.animation.fields import FIELDS
from dreamreel.animation.plan import AnimationPlan, grammar_of
from dreamreel.schedule.schedules import locate_schedule


def key_frames(plan: AnimationPlan, most: int) -> list[int]:
    """Frame 0 and the frames at which a prompt begins or a schedule has a key, in order.

    A key past the end is the last frame. Of more than most frames, as many are chosen, evenly.
    """
    found = {0, *plan.words.begins}
    grammar = grammar_of(plan.input, plan.seed)
    schedules = {name: field.default for name, field in FIELDS.items() if field.kind == "schedule"}
    for name, default in schedules.items():
        if (text := plan.input.optional_text(name)) not in (None, default):
            spans = locate_schedule(text, name, grammar)
            found |= {min(span.keyframe.frame, plan.num_frames - 1) for span in spans}
    frames = sorted(found)
    if len(frames) <= most:
        return frames
    return [frames[place] for place in np.linspace(0, len(frames) - 1, most).round().astype(int).tolist()]
