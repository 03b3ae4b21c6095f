"""Pictures without colours: each is made grey before it is noised. Source: the notebooks' `color_force_grayscale`."""

from functools import partial
from typing import ClassVar, Self

import numpy as np

from dreamreel.animation.feature import Context, ImageStep
from dreamreel.animation.field import Field
from dreamreel.animation.given import Given
from dreamreel.diffusion.calls import Calls, Host, ask
from dreamreel.imaging import opencv as cv2
from dreamreel.imaging.warp2d import Image

GRAYSCALE = Field(
    "color_force_grayscale",
    "boolean",
    False,
    "Make each picture grey before it is drawn over",
    group="coherence",
)


class Grayscale(ImageStep):
    """What is drawn over the grey picture may have colours again; the fewer, the more of it is kept."""

    FIELDS: ClassVar[tuple[Field, ...]] = (GRAYSCALE,)

    @classmethod
    def plan(cls, given: Given) -> Self | None:
        return cls({}) if given.flag(GRAYSCALE.name) else None

    def run(self, ctx: Context, image: Image) -> Calls[Image]:  # noqa: ARG002
        return (yield from ask(Host("color", partial(_grey, image))))


class GreyOutput(Grayscale):
    """The drawn picture without colours, so that the film has none. Source: the A1111 extension."""

    def run(self, ctx: Context, image: Image) -> Calls[Image]:  # noqa: ARG002
        return (yield from ask(Host("color", partial(_luma, image))))


def _luma(image: Image) -> Image:
    """As Pillow's convert("L")."""
    red, green, blue = (image[..., channel].astype(np.uint32) for channel in range(3))
    grey = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16
    return np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)


def _grey(image: Image) -> Image:
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)
