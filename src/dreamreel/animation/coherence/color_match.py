"""Colours kept from drifting: each moved picture gets the distribution that the first one had.

Source: replicate.py, `maintain_colors`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from dreamreel.animation.coherence.grayscale import GRAYSCALE
from dreamreel.animation.core import DRIFT
from dreamreel.animation.feature import Context, ImageStep, PictureName, Row
from dreamreel.animation.field import SEED_MODEL, Field, choice
from dreamreel.animation.given import Given
from dreamreel.animation.sample.fields import STRENGTH
from dreamreel.animation.spacing.fields import CADENCE, cadence, carried_on
from dreamreel.diffusion.calls import Calls, Host, ask
from dreamreel.imaging.blend import cut
from dreamreel.imaging.color import ColorMatch as Match
from dreamreel.imaging.color import Counts, Space, count_levels, match_colors
from dreamreel.imaging.warp2d import Image

SPACES: dict[str, Space | None] = {
    "None": None,
    "Match Frame 0 HSV": "HSV",
    "Match Frame 0 LAB": "LAB",
    "Match Frame 0 RGB": "RGB",
}
COLOR_COHERENCE = choice(
    "color_coherence",
    "Match Frame 0 LAB",
    "The colour space in which each frame is matched with frame 0",
    tuple(SPACES),
    group="coherence",
    models=(SEED_MODEL,),
)
HUE = choice(
    "hue",
    "linear",
    "How Match Frame 0 HSV takes hue: as a line from red to red (linear, the original) or as a circle",
    ("linear", "circular"),
    group="coherence",
    models=(SEED_MODEL,),
)
LEGACY = Field(
    "legacy_colormatch",
    "boolean",
    True,
    "Match only what is drawn over, with frame 0 as it was first moved (the original); else also each drawn frame, "
    "with frame 0 itself",
    group="coherence",
)
FIELDS = (COLOR_COHERENCE, HUE, DRIFT, LEGACY)


def read_match(given: Given) -> Match | None:
    """How colours are matched; None: not."""
    space = given.choice("color_coherence", SPACES)
    unbiased, circular = given.text("drift") == "unbiased", given.text("hue") == "circular"
    return None if space is None else Match(space, unbiased, circular, given.profile.bgr)


@dataclass(frozen=True, eq=False)
class ColorMatch(ImageStep):
    """Matches from the third diffusion on. The reference is the first picture as the second gets it here: moved only.

    first: the second frame that is diffused. carried: the picture that it goes on from. resets: (N,), the frame before
    each that kept nothing of the one before it, whose colours count from then on, as in the A1111 extension; -1 where
    there is none.
    """

    FIELDS: ClassVar[tuple[Field, ...]] = (*FIELDS, STRENGTH, CADENCE, GRAYSCALE)
    match: Match
    first: int
    carried: PictureName
    resets: NDArray[np.int64]

    @classmethod
    def plan(cls, given: Given) -> Self | None:
        match, is_legacy = read_match(given), given.flag(LEGACY.name)
        strength, resets = given.series(STRENGTH.name), np.full(given.num_frames, -1)
        first = cadence(given)
        carried = carried_on(given, first - 1)
        if match is None or not is_legacy:
            return None
        if given.profile.resets_colors:
            frames = np.arange(given.num_frames)
            new = np.where((strength == 0) & (frames % first == 0), frames, -1)
            resets[1:] = np.maximum.accumulate(new)[:-1]
        return cls({}, match, first, carried, resets)

    def acts(self, idx: int) -> bool:
        return idx > self.first or self.resets[idx] >= 0

    def needs(self, idx: int) -> frozenset[PictureName]:
        if (reset := int(self.resets[idx])) >= 0:
            return frozenset({self._reference(reset)})
        return frozenset({self.carried}) if idx >= self.first else frozenset()

    def _reference(self, reset: int) -> PictureName:
        """A drawing of frame reset, whose colours count."""
        return ("frame" if self.first == 1 else "key", reset)

    def row(self, idx: int) -> Row:
        reset = int(self.resets[idx])
        return {"color_reference": reset} if reset >= 0 else {}

    def run(self, ctx: Context, image: Image) -> Calls[Image]:
        reset = int(self.resets[ctx.idx])
        if reset >= 0:
            counts = ctx.memo.get((self, reset))
            if counts is None:
                work = partial(count_levels, cut(ctx.pictures[self._reference(reset)]), self.match)
                ctx.memo[self, reset] = counts = yield from ask(Host("color", work))
            return (yield from ask(Host("color", partial(match_colors, image, counts, self.match))))
        if ctx.idx == self.first:
            yield from self._count(ctx, image)
            return image
        reference = ctx.memo.get(self)
        if reference is None:  # gone on from pictures alone
            reference = yield from self._recount(ctx)
        return (yield from ask(Host("color", partial(match_colors, image, reference, self.match))))

    def _recount(self, ctx: Context) -> Calls[Counts]:
        first = replace(ctx, idx=self.first)
        image = yield from ctx.plan.start.run(first)
        assert image is not None
        for step in self._before(ctx):
            image = yield from step.run(first, image)
        return (yield from self._count(ctx, image))

    def _before(self, ctx: Context) -> Iterator[ImageStep]:
        return takewhile(lambda step: step is not self, ctx.plan.before)

    def _count(self, ctx: Context, image: Image) -> Calls[Counts]:
        ctx.memo[self] = counts = yield from ask(Host("color", partial(count_levels, image, self.match)))
        return counts
