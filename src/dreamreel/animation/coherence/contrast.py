"""The picture's brightness times a factor, on its way to the VAE's numbers. Source: replicate.py, `sample_from_cv2`."""

from functools import partial
from typing import ClassVar, Self

from dreamreel.animation.feature import Context, Sample, Scale
from dreamreel.animation.field import SEED_MODEL, Field, Usual, schedule
from dreamreel.animation.given import Given
from dreamreel.diffusion.calls import Calls, Host, ask
from dreamreel.imaging.convert import to_sample
from dreamreel.imaging.warp2d import Image

# Beyond it the sample's float16 overflows.
CONTRAST = schedule(
    "contrast_schedule",
    "0: (1.0)",
    "Factor on the previous frame's brightness; fixed at 1.0 in the original",
    limit=1e4,
    usual=Usual("it is a factor, by which pictures turn black below it and white above", 0.1, 3),
    group="coherence",
    unit="factor",
    models=(SEED_MODEL,),
)


class Contrast(Scale):
    """Levels times the factor are neither cut nor rounded before they become a sample, as in the original."""

    FIELDS: ClassVar[tuple[Field, ...]] = (CONTRAST,)

    @classmethod
    def plan(cls, given: Given) -> Self:
        return cls({CONTRAST.name: given.series(CONTRAST.name)})

    def run(self, ctx: Context, image: Image) -> Calls[Sample]:
        contrast = float(self.series[CONTRAST.name][ctx.idx])
        return (yield from ask(Host("contrast", partial(to_sample, image, contrast))))


class Plain(Scale):
    """The picture's levels as they are: whatever is done to them was done in 8 bits."""

    def run(self, ctx: Context, image: Image) -> Calls[Sample]:  # noqa: ARG002
        return (yield from ask(Host("contrast", partial(to_sample, image, 1.0))))
