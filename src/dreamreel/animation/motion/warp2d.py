"""The picture turned, zoomed and shifted between two frames. Source: replicate.py, `anim_frame_warp_2d`."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Self

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.feature import Context, ImageStep
from dreamreel.animation.field import SEED_MODEL, Field, choice, schedule
from dreamreel.animation.given import Given
from dreamreel.diffusion.calls import Calls, Host, ask
from dreamreel.imaging.warp2d import Border, Image, Matrix, build_matrix, warp

BORDERS: dict[str, Border] = {"wrap": "wrap", "replicate": "replicate"}
# Beyond these the warp's fixed-point coordinates overflow.
ANGLE = schedule(
    "angle",
    "0:(0)",
    "angle parameter for the motion",
    limit=1e9,
    group="motion",
    unit="degrees a frame",
    models=(SEED_MODEL,),
)
ZOOM = schedule(
    "zoom",
    "0: (1.04)",
    "zoom parameter for the motion",
    limit=1e6,
    is_factor=True,
    group="motion",
    unit="factor a frame",
    models=(SEED_MODEL,),
)
TRANSLATION_X, TRANSLATION_Y = (
    schedule(
        f"translation_{axis}",
        "0: (0)",
        f"translation_{axis} parameter for the motion",
        limit=1e6,
        group="motion",
        unit="pixels a frame",
        models=(SEED_MODEL,),
    )
    for axis in "xy"
)
BORDER = choice(
    "border",
    "wrap",
    "What comes in at the edges when the picture moves: the other side (wrap, the original) or its own rim",
    tuple(BORDERS),
    group="motion",
    models=(SEED_MODEL,),
)


@dataclass(frozen=True, eq=False)
class Warp2D(ImageStep):
    """The move from frame idx - 1 to frame idx."""

    FIELDS: ClassVar[tuple[Field, ...]] = (ANGLE, ZOOM, TRANSLATION_X, TRANSLATION_Y, BORDER)
    canvas: Canvas
    border: Border

    @classmethod
    def plan(cls, given: Given) -> Self:
        series = {name: given.series(name) for name in ("angle", "zoom", "translation_x", "translation_y")}
        return cls(series, given.canvas, given.choice("border", BORDERS))

    def matrix(self, idx: int) -> Matrix:
        """(3, 3) float64: how the picture moves from frame idx - 1 to frame idx."""
        angle, zoom, x, y = (
            float(self.series[field.name][idx]) for field in (ANGLE, ZOOM, TRANSLATION_X, TRANSLATION_Y)
        )
        return build_matrix(self.canvas.width, self.canvas.height, angle, zoom, x, y)

    def run(self, ctx: Context, image: Image) -> Calls[Image]:
        return (yield from ask(Host("warp", partial(warp, image, self.matrix(ctx.idx), self.border))))
