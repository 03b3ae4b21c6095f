"""Pictures without colours: each is made grey before it is noised. Source: the notebooks' `color_force_grayscale`."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from dreamreel.animation.feature import Context, ImageStep
from dreamreel.animation.field import Field
from dreamreel.animation.given import Given
from dreamreel.diffusion.calls import Calls, Host, ask
from dreamreel.imaging import opencv as cv2
from dreamreel.imaging.warp2d import Image

# Of red, green and blue in float32.
_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32).astype(np.float64)
GRAYSCALE = Field(
    "color_force_grayscale",
    "boolean",
    False,
    "Make each picture grey before it is drawn over",
    group="coherence",
)


@dataclass(frozen=True, eq=False)
class Grayscale(ImageStep):
    """What is drawn over the grey picture may have colours again; the fewer, the more of it is kept.

    swaps: whether red is weighed as blue is, and blue as red, as in the notebook.
    """

    FIELDS: ClassVar[tuple[Field, ...]] = (GRAYSCALE,)
    swaps: bool

    @classmethod
    def plan(cls, given: Given) -> Self | None:
        return cls({}, given.profile.swaps_grey) if given.flag(GRAYSCALE.name) else None

    def run(self, ctx: Context, image: Image) -> Calls[Image]:  # noqa: ARG002
        return (yield from ask(Host("color", partial(_grey, image, self.swaps))))


class GreyOutput(Grayscale):
    """The drawn picture without colours, so that the film has none. Source: the A1111 extension."""

    @classmethod
    def plan(cls, given: Given) -> Self | None:
        return None if given.profile.greys_shown else super().plan(given)

    def run(self, ctx: Context, image: Image) -> Calls[Image]:  # noqa: ARG002
        return (yield from ask(Host("color", partial(luma, image))))


def luma(image: Image) -> Image:
    """image (H, W, 3) uint8 without colours, as by Pillow's convert("L")."""
    red, green, blue = (image[..., channel].astype(np.uint32) for channel in range(3))
    grey = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16
    return np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)


def grey_fractions(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """levels (H, W, 3) without colours and uncut, with red weighed as blue is, as OpenCV does it where a CPU has AVX2.

    Three equal levels may come out a hair below themselves, and a whole one lower where they are cut.
    """
    red, green, blue = (levels[..., channel].astype(np.float64) for channel in range(3))
    grey = (green * _WEIGHTS[1]).astype(np.float32)
    for channel, weight in ((red, _WEIGHTS[2]), (blue, _WEIGHTS[0])):
        grey = (channel * weight + grey).astype(np.float32)  # a product of float32 is exact here: rounded once
    return np.repeat(grey[..., None], 3, axis=2)


def _grey(image: Image, swaps: bool) -> Image:
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY if swaps else cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)
