"""How strongly prompts lead, frame by frame."""

from dreamreel.animation.core import CFG_SCALE
from dreamreel.animation.field import schedule
from dreamreel.animation.given import Given
from dreamreel.schedule.in_betweens import Floats

CFG = schedule(
    "cfg_scale_schedule",
    None,
    "How strongly the prompt leads each frame (classifier-free guidance); without it all frames have one scale",
    minimum=-1000,
    limit=1000,
    usual=CFG_SCALE.usual,
    group="sampling",
)


def guidance_of(given: Given) -> tuple[Floats, dict[str, Floats]]:
    """(N,), the scale of each frame, and it once more as a feature's series if it was asked for."""
    scales = given.series(CFG.name, given.canvas.cfg_scale)
    return scales, {CFG.name: scales} if given.is_given(CFG.name) else {}
