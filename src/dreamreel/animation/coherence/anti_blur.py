"""Sharpening before each frame is drawn over, so that warping does not blur a film away. Source: `unsharp_mask`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from dreamreel.animation.coherence.contrast import CONTRAST
from dreamreel.animation.feature import Context, ImageStep
from dreamreel.animation.field import Field, Usual, schedule
from dreamreel.animation.given import Given
from dreamreel.animation.profile import Profile
from dreamreel.animation.spacing.fields import CADENCE, cadence
from dreamreel.diffusion.calls import Calls, Host, ask
from dreamreel.errors import InputError
from dreamreel.imaging.levels import sharpen
from dreamreel.imaging.warp2d import Image
from dreamreel.schedule.in_betweens import Floats
from dreamreel.schedule.notes import Note

AMOUNT = schedule(
    "amount_schedule",
    "0: (0)",
    "How much each picture is sharpened before it is drawn over; 0 not at all, 0.1 to 0.3 against blur",
    limit=100,
    usual=Usual(
        "below, nothing is sharpened (by the notebook's rules it is blurred), and above, edges are halos", 0, 5
    ),
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
    limit=100,
    usual=Usual("it counts as 0, by which the blur is as soft as it is wide", 0),
    label="Anti-blur softness",
    group="coherence",
    unit="pixels",
)
THRESHOLD = schedule(
    "threshold_schedule",
    "0: (0)",
    "Anti-blur: what differs from its blur by fewer levels is left alone",
    limit=255,
    usual=Usual("it counts as 0, by which nothing is left alone", 0),
    label="Anti-blur threshold",
    group="coherence",
    unit="levels",
)
_WHITE = np.full((1, 1, 3), 255, np.uint8)
FIELDS = (AMOUNT, KERNEL, SIGMA, THRESHOLD)


@dataclass(frozen=True, eq=False)
class AntiBlur(ImageStep):
    """The picture moved away from its own blur, where the amount is above 0."""

    FIELDS: ClassVar[tuple[Field, ...]] = (*FIELDS, CADENCE)
    profile: Profile

    @classmethod
    def plan(cls, given: Given) -> Self | None:
        series = read(given)
        return cls(series, given.profile) if (series[AMOUNT.name] > 0).any() else None

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

    FIELDS: ClassVar[tuple[Field, ...]] = (CONTRAST, *FIELDS, CADENCE)
    profile: Profile

    @classmethod
    def plan(cls, given: Given) -> Self:
        contrast, numbers = given.series(CONTRAST.name), read(given)
        given.notes.extend(_wrapped(contrast, given.profile))
        return cls({CONTRAST.name: contrast, **numbers}, given.profile)

    def run(self, ctx: Context, image: Image) -> Calls[Image]:
        contrast = float(self.series[CONTRAST.name][ctx.idx])
        work = partial(_levelled, image, contrast, *numbers(self.series, ctx.idx), self.profile)
        return (yield from ask(Host("levels", work)))


def read(given: Given) -> dict[str, Floats]:
    """The four schedules. Raises InputError for a blur that there is not, where the profile does not mend it."""
    series = {field.name: given.series(field.name) for field in FIELDS}
    frames = np.arange(given.num_frames)
    used = (frames > 0) & (frames % cadence(given) == 0)
    if not given.profile.always_sharpens:
        used &= series[AMOUNT.name] > 0
    _check_threshold(series[THRESHOLD.name], used, given.profile)
    kernels = series[KERNEL.name].astype(int)
    even = np.flatnonzero(used & (kernels > 0) & (kernels % 2 == 0))
    if len(even):
        frame = int(even[0])
        sentence = f"{kernels[frame]} at frame {frame} is even, and a blur's width is odd"
        if not given.profile.rounds_kernels:
            way = f"write {kernels[frame] + 1}, or take profile dreamreel, which rounds it up"
            raise InputError(KERNEL.name, f"{sentence}; {way}")
        given.notes.append(Note(KERNEL.name, f"{sentence}: {kernels[frame] + 1} is taken"))
    flat = np.flatnonzero(used & (kernels == 0) & (series[SIGMA.name] <= 0))
    if len(flat):
        raise InputError(
            KERNEL.name, f"is 0 at frame {flat[0]}, where sigma_schedule is, too: there is no blur; write 5"
        )
    return series


def _check_threshold(threshold: Floats, used: NDArray[np.bool_], profile: Profile) -> None:
    """Raises InputError for a threshold in a profile that has none. used: (N,), whether a frame is sharpened."""
    above = np.flatnonzero(used & (threshold > 0))
    if len(above) and not profile.has_threshold:
        message = (
            f"{threshold[above[0]]:g} at frame {above[0]} is above 0, on which the notebook fails; write 0, or take "
            "profile dreamreel, which has it"
        )
        raise InputError(THRESHOLD.name, message)


def _wrapped(contrast: Floats, profile: Profile) -> Iterator[Note]:
    """A note where white does not stay the brightest level."""
    frame = int(contrast.argmax())
    if contrast[frame] > 1 and np.max(profile.contrast(_WHITE, float(contrast[frame]))) < 255:
        message = (
            f"{contrast[frame]:g} at frame {frame} makes bright places dark, as levels above 255 begin again at 0 in "
            "this profile, like in the extension; profile dreamreel keeps them white"
        )
        yield Note(CONTRAST.name, message)


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
