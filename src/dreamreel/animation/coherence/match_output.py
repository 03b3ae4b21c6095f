"""Each drawn frame matched with frame 0. Source: the A1111 extension without `legacy_colormatch`."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Self

from dreamreel.animation.coherence.color_match import FIELDS, LEGACY, read_match
from dreamreel.animation.feature import Context, ImageStep, PictureName
from dreamreel.animation.field import Field
from dreamreel.animation.given import Given
from dreamreel.diffusion.calls import Calls, Host, ask
from dreamreel.imaging.blend import cut
from dreamreel.imaging.color import ColorMatch, count_levels, match_colors
from dreamreel.imaging.warp2d import Image


@dataclass(frozen=True, eq=False)
class MatchFirst(ImageStep):
    """A picture gets the colours of frame 0 as it is shown. It stands before the picture is drawn over and after."""

    FIELDS: ClassVar[tuple[Field, ...]] = FIELDS
    match: ColorMatch

    @classmethod
    def plan(cls, given: Given) -> Self | None:
        match, is_legacy = read_match(given), given.flag(LEGACY.name)
        return None if match is None or is_legacy else cls({}, match)

    def acts(self, idx: int) -> bool:
        return idx > 0

    def needs(self, idx: int) -> frozenset[PictureName]:
        return frozenset({("frame", 0)}) if idx else frozenset()

    def run(self, ctx: Context, image: Image) -> Calls[Image]:
        if ctx.idx == 0:
            return image
        reference = ctx.memo.get(MatchFirst)
        if reference is None:
            work = partial(count_levels, cut(ctx.pictures["frame", 0]), self.match)
            ctx.memo[MatchFirst] = reference = yield from ask(Host("color", work))
        return (yield from ask(Host("color", partial(match_colors, image, reference, self.match))))


class MatchOutput(MatchFirst):
    """The same, after the picture is drawn."""
