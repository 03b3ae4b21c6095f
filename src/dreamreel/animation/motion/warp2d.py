"""The picture turned, zoomed and shifted between two frames. Source: replicate.py, `anim_frame_warp_2d`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Self

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.feature import Context, Motion
from dreamreel.animation.field import SEED_MODEL, Field, Usual, choice, schedule
from dreamreel.animation.given import Given
from dreamreel.diffusion.calls import Calls, Host, ask
from dreamreel.imaging.flip import flip_matrix
from dreamreel.imaging.warp2d import Border, Levels, Matrix, build_matrix, warp
from dreamreel.schedule.in_betweens import Floats

BORDERS: dict[str, Border] = {"wrap": "wrap", "replicate": "replicate"}
# Beyond these the warp's fixed-point coordinates overflow.
ANGLE = schedule(
    "angle",
    "0:(0)",
    "angle parameter for the motion",
    limit=1e9,
    usual=Usual("degrees a frame, of which more than half a turn is a turn the other way round", -180, 180),
    group="motion",
    unit="degrees a frame",
    models=(SEED_MODEL,),
)
ZOOM = schedule(
    "zoom",
    "0: (1.04)",
    "zoom parameter for the motion",
    limit=1e6,
    usual=Usual("it is a factor a frame, of which 1.04 moves in by 4 %", 0.5, 2),
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
        usual=Usual("it is pixels a frame, and no picture is so large", -4096, 4096),
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
CENTER_X, CENTER_Y = (
    schedule(
        f"transform_center_{axis}",
        "0: (0.5)",
        f"The point about which the picture turns and grows, as a share of its {side}; 0 is its {edge}",
        limit=1e3,
        usual=Usual("it is a share of the picture's side, not pixels; 0.5 is its middle", -10, 10),
        group="motion",
        unit="share",
    )
    for axis, side, edge in (("x", "width", "left edge"), ("y", "height", "top"))
)
FLIP = Field(
    "enable_perspective_flip",
    "boolean",
    False,
    "Turn the picture in space, too, by the perspective_flip schedules",
    group="motion",
)
THETA, PHI, GAMMA = (
    schedule(
        f"perspective_flip_{name}",
        "0: (0)",
        f"Perspective flip: {what}",
        limit=1e6,
        usual=Usual("degrees a frame, of which more than half a turn is a turn the other way round", -180, 180),
        group="motion",
        unit="degrees a frame",
    )
    for name, what in (
        ("theta", "how the picture rolls, in its own plane"),
        ("phi", "how it tilts, about its width"),
        ("gamma", "how it pans, about its height"),
    )
)
FV = schedule(
    "perspective_flip_fv",
    "0: (53)",
    "Perspective flip: the field of view of the lens; wider exaggerates depth",
    minimum=1,
    limit=179,
    group="motion",
    unit="degrees",
)
_MOVE = (ANGLE, ZOOM, TRANSLATION_X, TRANSLATION_Y)
_FLIP = (THETA, PHI, GAMMA, FV)


@dataclass(frozen=True, eq=False)
class Warp2D(Motion):
    """The move from frame idx - 1 to frame idx. flips: whether it is turned in space, too, and then still_shifts."""

    FIELDS: ClassVar[tuple[Field, ...]] = (*_MOVE, CENTER_X, CENTER_Y, BORDER, FLIP, *_FLIP)
    numbers: Mapping[str, Floats]
    canvas: Canvas
    border: Border
    flips: bool
    still_shifts: bool

    @classmethod
    def plan(cls, given: Given) -> Self:
        numbers = {field.name: given.series(field.name) for field in (*_MOVE, CENTER_X, CENTER_Y, *_FLIP)}
        flips, border = given.flag(FLIP.name), given.choice(BORDER.name, BORDERS)
        said = {field.name for field in (*_MOVE, *(_FLIP if flips else ()))}
        said |= {field.name for field in (CENTER_X, CENTER_Y) if given.text(field.name) != field.default}
        series = {name: values for name, values in numbers.items() if name in said}
        return cls(series, numbers, given.canvas, border, flips, given.profile.flip_moves)

    def matrix(self, idx: int) -> Matrix:
        """(3, 3) float64: how the picture moves from frame idx - 1 to frame idx."""
        angle, zoom, x, y = (float(self.numbers[field.name][idx]) for field in _MOVE)
        width, height = self.canvas.width, self.canvas.height
        center = tuple(float(self.numbers[field.name][idx]) for field in (CENTER_X, CENTER_Y))
        if self.flips and not self.still_shifts:
            x = y = 0.0
        moved = build_matrix(width, height, angle, zoom, x, y, (width * center[0], height * center[1]))
        if not self.flips:
            return moved
        return flip_matrix(width, height, *(float(self.numbers[field.name][idx]) for field in _FLIP)) @ moved

    def move(self, ctx: Context, image: Levels) -> Calls[Levels]:
        return (yield from ask(Host("warp", partial(warp, image, self.matrix(ctx.idx), self.border))))
