"""Each diffused frame goes on from the picture between, before that was cut to whole levels."""

from typing import ClassVar, Self

from dreamreel.animation.feature import Context, PictureName
from dreamreel.animation.field import Field
from dreamreel.animation.given import Given
from dreamreel.animation.spacing.fields import CADENCE, cadence
from dreamreel.animation.start.previous import PreviousFrame
from dreamreel.diffusion.calls import Calls
from dreamreel.imaging.blend import halved
from dreamreel.imaging.warp2d import Image


class CarriedOn(PreviousFrame):
    """The notebook's cadence: its pictures between are floats, and pass half precision on their way to the next."""

    FIELDS: ClassVar[tuple[Field, ...]] = (CADENCE,)

    @classmethod
    def plan(cls, given: Given) -> Self | None:
        return cls({}) if given.profile.exact_tweens and cadence(given) > 1 else None

    def needs(self, idx: int) -> frozenset[PictureName]:
        return frozenset({("exact", idx - 1)}) if idx else frozenset()

    def run(self, ctx: Context) -> Calls[Image | None]:
        yield from ()
        return halved(ctx.pictures["exact", ctx.idx - 1]) if ctx.idx else None
