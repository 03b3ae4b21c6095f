"""How many frames apart frames are diffused: asked for by every feature that depends on it."""

from dreamreel.animation.feature import PictureName
from dreamreel.animation.field import Field
from dreamreel.animation.given import Given

CADENCE = Field(
    "diffusion_cadence",
    "integer",
    1,
    "Draw only every so many frames anew; those between are moved from their neighbours and crossfaded",
    minimum=1,
    maximum=50,
    label="Cadence",
    group="run",
    unit="frames",
    scope="frame",
)


def cadence(given: Given) -> int:
    """Frames from one that is diffused to the next."""
    return int(given.number(CADENCE.name))


def carried_on(given: Given, idx: int) -> PictureName:
    """What the frame after idx, which is diffused, goes on from: frame idx as it is shown, or before it was cut."""
    exact = given.profile.exact_tweens and cadence(given) > 1
    return ("exact", idx) if exact else ("frame", idx)
