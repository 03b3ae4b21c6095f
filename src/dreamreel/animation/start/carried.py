"""Each diffused frame goes on from the picture before it as that was before it was cut, or made grey, to be shown."""

from dataclasses import dataclass
from typing import ClassVar, Self

from dreamreel.animation.coherence.grayscale import GRAYSCALE
from dreamreel.animation.feature import Context, PictureName
from dreamreel.animation.field import Field
from dreamreel.animation.given import Given
from dreamreel.animation.spacing.fields import CADENCE, cadence, keeps_exact
from dreamreel.animation.start.previous import PreviousFrame
from dreamreel.diffusion.calls import Calls
from dreamreel.imaging.blend import cut, halved
from dreamreel.imaging.warp2d import Image


@dataclass(frozen=True, eq=False)
class CarriedOn(PreviousFrame):
    """Source: the notebook. halves: whether it passes half precision, as with cadence the pictures between do."""

    FIELDS: ClassVar[tuple[Field, ...]] = (CADENCE, GRAYSCALE)
    halves: bool

    @classmethod
    def plan(cls, given: Given) -> Self | None:
        every, exact = cadence(given), keeps_exact(given)
        return cls({}, every > 1) if exact else None

    def needs(self, idx: int) -> frozenset[PictureName]:
        return frozenset({("exact", idx - 1)}) if idx else frozenset()

    def run(self, ctx: Context) -> Calls[Image | None]:
        yield from ()
        if ctx.idx == 0:
            return None
        image = ctx.pictures["exact", ctx.idx - 1]
        return halved(image) if self.halves else cut(image)
