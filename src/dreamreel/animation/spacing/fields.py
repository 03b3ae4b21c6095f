"""How many frames apart frames are diffused, and from what they go on: asked for by every feature that depends on it.

Such a feature has CADENCE and GRAYSCALE among its fields.
"""

from dreamreel.animation.coherence.grayscale import GRAYSCALE
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


def shows_grey(given: Given) -> bool:
    """Whether pictures lose their colours only where they are shown."""
    return given.flag(GRAYSCALE.name) and given.profile.greys_shown


def keeps_exact(given: Given) -> bool:
    """Whether frames go on from pictures as they were before they were cut, or made grey, for being shown."""
    return shows_grey(given) or (cadence(given) > 1 and given.profile.exact_tweens)


def carried_on(given: Given, idx: int) -> PictureName:
    """What the frame after idx, which is diffused, goes on from."""
    return ("exact", idx) if keeps_exact(given) else ("frame", idx)
