"""Every frame is diffused."""

from dreamreel.animation.feature import Context, Emitted, Finished, Spacing
from dreamreel.diffusion.calls import Calls
from dreamreel.imaging.blend import cut
from dreamreel.imaging.warp2d import Picture


class EveryFrame(Spacing):
    """The diffused picture is the frame."""

    def emit(self, ctx: Context, image: Picture) -> Calls[Emitted]:
        yield from ()
        return Emitted((Finished(ctx.idx, cut(image)),))
