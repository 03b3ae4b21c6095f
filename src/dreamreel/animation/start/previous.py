"""Each frame goes on from the one before it."""

from dreamreel.animation.feature import Context, PictureName, Start
from dreamreel.diffusion.calls import Calls
from dreamreel.imaging.blend import cut
from dreamreel.imaging.warp2d import Image


class PreviousFrame(Start):
    """The 8-bit picture of the frame before: the original's state. Frame 0 is drawn from nothing."""

    def goes_on(self, idx: int) -> bool:
        return idx > 0

    def needs(self, idx: int) -> frozenset[PictureName]:
        return frozenset({("frame", idx - 1)}) if idx else frozenset()

    def run(self, ctx: Context) -> Calls[Image | None]:
        yield from ()
        return cut(ctx.pictures["frame", ctx.idx - 1]) if ctx.idx else None
