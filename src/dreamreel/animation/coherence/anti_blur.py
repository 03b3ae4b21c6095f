"""Sharpening before each frame is drawn over, so that warping does not blur a film away. Source: `unsharp_mask`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Self

import numpy as np

from dreamreel.animation.coherence.contrast import CONTRAST
from dreamreel.animation.feature import Context, ImageStep
from dreamreel.animation.field import Field, schedule
from dreamreel.animation.given import Given
from dreamreel.animation.profile import Profile
from dreamreel.diffusion.calls import Calls, Host, ask
from dreamreel.errors import InputError
from dreamreel.imaging.levels import sharpen
from dreamreel.imaging.warp2d import Image
from dreamreel.schedule.in_betweens import Floats

AMOUNT = schedule(
    "amount_schedule",
    "0: (0)",
    "How much each picture is sharpened before it is drawn over; 0 not at all, 0.1 to 0.3 against blur",
    minimum=0,
    limit=100,
    label="Anti-blur amount",
    group="coherence",
    unit="share",
)
KERNEL = schedule(
    "kernel_schedule",
    "0: (5)",
    "Anti-blur: the width of the blur that is taken away, an odd number of pixels",
    minimum=0,
    limit=255,
    label="Anti-blur width",
    group="coherence",
    unit="pixels",
)
SIGMA = schedule(
    "sigma_schedule",
    "0: (1)",
    "Anti-blur: how soft that blur is",
    minimum=0,
    limit=100,
    label="Anti-blur softness",
    group="coherence",
    unit="pixels",
)
THRESHOLD = schedule(
    "threshold_schedule",
    "0: (0)",
    "Anti-blur: what differs from its blur by fewer levels is left alone",
    minimum=0,
    limit=255,
    label="Anti-blur threshold",
    group="coherence",
    unit="levels",
)
FIELDS = (AMOUNT, KERNEL, SIGMA, THRESHOLD)


@dataclass(frozen=True, eq=False)
class AntiBlur(ImageStep):
    """The picture moved away from its own blur, where the amount is above 0."""

    FIELDS: ClassVar[tuple[Field, ...]] = FIELDS
    profile: Profile

    @classmethod
    def plan(cls, given: Given) -> Self | None:
        series = read(given)
        return cls(series, given.profile) if series[AMOUNT.name].any() else None

    def acts(self, idx: int) -> bool:
        return bool(self.series[AMOUNT.name][idx] > 0)

    def run(self, ctx: Context, image: Image) -> Calls[Image]:
        if not self.acts(ctx.idx):
            return image
        return (
            yield from ask(
                Host("levels", partial(sharpen, image, *numbers(self.series, ctx.idx), self.profile.wraps_threshold))
            )
        )


@dataclass(frozen=True, eq=False)
class Levels(ImageStep):
    """Contrast and sharpening in one, as the A1111 extension and the notebook do it in 8 bits."""

    FIELDS: ClassVar[tuple[Field, ...]] = (CONTRAST, *FIELDS)
    profile: Profile

    @classmethod
    def plan(cls, given: Given) -> Self:
        return cls({CONTRAST.name: given.series(CONTRAST.name), **read(given)}, given.profile)

    def run(self, ctx: Context, image: Image) -> Calls[Image]:
        contrast = float(self.series[CONTRAST.name][ctx.idx])
        work = partial(_levelled, image, contrast, *numbers(self.series, ctx.idx), self.profile)
        return (yield from ask(Host("levels", work)))


def read(given: Given) -> dict[str, Floats]:
    """The four schedules. Raises InputError for a kernel that no blur has, where the profile does not mend it."""
    series = {field.name: given.series(field.name) for field in FIELDS}
    used = series[AMOUNT.name] > 0 if not given.profile.always_sharpens else np.ones(given.num_frames, bool)
    kernels = series[KERNEL.name].astype(int)
    even = np.flatnonzero(used & (kernels > 0) & (kernels % 2 == 0))
    if len(even) and not given.profile.rounds_kernels:
        frame = int(even[0])
        message = (
            f"{kernels[frame]} at frame {frame} is even, and a blur's width is odd; write {kernels[frame] + 1}, "
            "or take profile dreamreel, which rounds it up"
        )
        raise InputError(KERNEL.name, message)
    flat = np.flatnonzero(used & (kernels == 0) & (series[SIGMA.name] == 0))
    if len(flat):
        raise InputError(KERNEL.name, f"is 0 at frame {flat[0]}, where sigma_schedule is 0, too: there is no blur")
    return series


def numbers(series: Mapping[str, Floats], idx: int) -> tuple[int, float, float, float]:
    """(kernel, sigma, amount, threshold) of frame idx."""
    kernel = int(series[KERNEL.name][idx])
    kernel += kernel > 0 and kernel % 2 == 0
    sigma, amount, threshold = (float(series[field.name][idx]) for field in (SIGMA, AMOUNT, THRESHOLD))
    return kernel, sigma, amount, threshold


def _levelled(
    image: Image, contrast: float, kernel: int, sigma: float, amount: float, threshold: float, profile: Profile
) -> Image:
    levels = profile.contrast(image, contrast)
    if amount <= 0 and not profile.always_sharpens:
        return np.asarray(levels, np.uint8)
    return sharpen(levels, kernel, sigma, amount, threshold, profile.wraps_threshold)
