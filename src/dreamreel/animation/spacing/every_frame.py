"""Every frame is diffused."""

from dreamreel.animation.feature import Context, Finished, Spacing
from dreamreel.diffusion.calls import Calls
from dreamreel.imaging.warp2d import Image


class EveryFrame(Spacing):
    """The diffused picture is the frame."""

    def emit(self, ctx: Context, image: Image) -> Calls[tuple[Finished, ...]]:
        yield from ()
        return (Finished(ctx.idx, image),)
