"""Cadence: every few frames one is diffused, and those between are moved from their neighbours and crossfaded.

Sources: `render_animation` of the A1111 extension and of the notebook 0.7 ("turbo"), without optical flow.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from dreamreel.animation.coherence.grayscale import GRAYSCALE, grey_fractions, luma
from dreamreel.animation.feature import Context, Emitted, Finished, PictureName, Row, Spacing
from dreamreel.animation.field import Field
from dreamreel.animation.given import Given
from dreamreel.animation.spacing.fields import CADENCE, cadence, keeps_exact, shows_grey
from dreamreel.diffusion.calls import Calls, Host, ask
from dreamreel.errors import InputError
from dreamreel.imaging.blend import cut, mixed, rounded
from dreamreel.imaging.warp2d import Image, Picture
from dreamreel.schedule.notes import Note


@dataclass(frozen=True, eq=False)
class Cadence(Spacing):
    """Frames idx to idx + every - 1 cross from the last picture, moved on, to the one diffused for frame idx.

    So a drawing is seen faintly at its own frame, and wholly every - 1 frames later.

    exact: whether the pictures between keep the fractions of their levels, as in the notebook. cuts: whether fractions
    are cut in what is shown, not rounded. greys: whether what is shown loses its colours, and swaps whether the levels
    between two drawings do so before they are cut, with red weighed as blue is. drops_tail: whether a film ends with
    the last whole group before its last frame, as in both originals; else it is finished at the same pace.
    """

    FIELDS: ClassVar[tuple[Field, ...]] = (CADENCE, GRAYSCALE)
    every: int
    exact: bool
    cuts: bool
    greys: bool
    swaps: bool
    drops_tail: bool

    @classmethod
    def plan(cls, given: Given) -> Self | None:
        every, exact, is_grey = cadence(given), keeps_exact(given), given.flag(GRAYSCALE.name)
        if every == 1 and not exact:
            return None
        cuts = exact or (is_grey and given.profile.cuts_grey)
        swaps, drops_tail = (each and every > 1 for each in (given.profile.swaps_grey, given.profile.drops_tail))
        made = cls({}, every, exact, cuts, shows_grey(given), swaps, drops_tail)
        made.tell(given)
        return made

    def tell(self, given: Given) -> None:
        """Notes what may surprise. Raises InputError where no frame would be left."""
        wanted, kept = given.num_frames, self.count(given.num_frames)
        if kept == 0:
            message = (
                f"{self.every} leaves none of {wanted} frames by the rules of the original, which ends with the last "
                f"whole group before the last frame; take max_frames {self.every + 1} or more, or profile dreamreel"
            )
            raise InputError(CADENCE.name, message)
        if kept < wanted:
            message = (
                f"the film has {kept} of {wanted} frames, as the original ends with the last whole group before the "
                "last frame; profile dreamreel draws all"
            )
            given.notes.append(Note(CADENCE.name, message))
        elif self.every >= wanted > 1:
            message = f"{self.every} of {wanted} frames: only frame 0 is drawn, and moved from then on"
            given.notes.append(Note(CADENCE.name, message))

    @property
    def keeps_fractions(self) -> bool:
        return self.exact

    def count(self, wanted: int) -> int:
        return (wanted - 1) // self.every * self.every if self.drops_tail else wanted

    def are_diffused(self, count: int) -> NDArray[np.bool_]:
        return np.arange(count) % self.every == 0

    def diffused(self, idx: int) -> int:
        return idx - idx % self.every

    def following(self, idx: int) -> int:
        return self.diffused(idx) + self.every

    def acts(self, idx: int) -> bool:
        return idx > 0

    def share(self, idx: int) -> float:
        """Of the drawing that appears, in frame idx: 1/every to 1. Nothing stands against the first."""
        return 1.0 if idx < self.every else (idx % self.every + 1) / self.every

    def row(self, idx: int) -> Row:
        return {"tween": self.share(idx)} if self.every > 1 else {}

    def emit(self, ctx: Context, image: Picture) -> Calls[Emitted]:
        old: Picture | None = ctx.pictures[self._carried(ctx.idx - 1)] if ctx.idx else None
        new: Picture = image.astype(np.float32) if self.exact else image
        frames = []
        for idx in range(ctx.idx, min(self.following(ctx.idx), ctx.plan.num_frames)):
            if idx > ctx.idx:
                new = yield from moved(ctx, idx, new)
            fades = old if self.share(idx) < 1 else None
            if fades is not None:
                old = fades = yield from moved(ctx, idx, fades)
            shown = yield from ask(Host("blend", partial(self._shown, fades, new, self.share(idx))))
            frames.append(Finished(idx, shown))
        return Emitted(tuple(frames), {("key", ctx.idx): image, **({self._carried(idx): new} if self.exact else {})})

    def _shown(self, old: Picture | None, new: Picture, share: float) -> Image:
        """share of new, the rest of old, as whole levels."""
        levels = new if old is None else mixed(old, new, share)
        if self.greys and self.swaps:
            levels = grey_fractions(levels.astype(np.float32, copy=False))
        image = cut(levels) if self.cuts or old is None else rounded(levels)
        return luma(image) if self.greys and not self.swaps else image

    def _carried(self, idx: int) -> PictureName:
        return ("exact", idx) if self.exact else ("frame", idx)


def moved(ctx: Context, idx: int, image: Picture) -> Calls[Picture]:
    """image of frame idx - 1 as it stands in frame idx."""
    for step in ctx.plan.motion:
        image = yield from step.move(replace(ctx, idx=idx), image)
    return image
