"""A drawing as a list of shapes, far ones first, and the two pictures of it: its colours and its depth."""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import skia
from numpy.typing import NDArray

from training.camera import USUAL, Camera
from training.palettes import STYLES, Colour, Matrix

# The world reaches this far beyond the usual frame, which is the unit square.
LEFT, RIGHT, ABOVE, BELOW = -2.8, 3.8, -2.8, 3.8
Box = tuple[float, float, float, float]
Draw = Callable[[skia.Canvas, skia.Paint], None]
RGBA = skia.kRGBA_8888_ColorType


def colour(c: Colour, alpha: float = 1.0) -> skia.Color4f:
    return skia.Color4f(*(min(1.0, max(0.0, x)) for x in c), alpha)


def solid(c: Colour, alpha: float = 1.0) -> skia.Paint:
    return skia.Paint(Color4f=colour(c, alpha), AntiAlias=True)


def gradient(stops: Sequence[Colour], y0: float, y1: float, at: Sequence[float] | None = None,
             alphas: Sequence[float] | None = None) -> skia.Paint:  # fmt: skip
    """Colours from height y0 down to height y1, level beyond."""
    colours = [colour(c, a).toColor() for c, a in zip(stops, alphas or [1.0] * len(stops), strict=True)]
    shader = skia.GradientShader.MakeLinear([(0, y0), (0, y1)], colours, list(at) if at else None)
    return skia.Paint(AntiAlias=True, Shader=shader)


@dataclass(frozen=True, eq=False)
class Shape:
    """draw: with a given paint. paint: its colours. near: its inverse depth above and below, at heights y0 and y1;
    None for light and air, which have no depth. is_figure: whether it brings its own colours, as heroes do."""

    draw: Draw
    paint: skia.Paint
    near: tuple[float, float] | None
    is_figure: bool = False
    heights: tuple[float, float] = (0.0, 1.0)


@dataclass(eq=False)
class Drawing:
    """Shapes from far to near. horizon: where the ground is infinitely far; its inverse depth is 1 at height 1."""

    horizon: float = 0.6
    style: str = "plain"
    shapes: list[Shape] = field(default_factory=list)

    def near(self, foot: float) -> float:
        """The inverse depth of what stands at height foot."""
        return max(0.02, (foot - self.horizon) / (1 - self.horizon))

    def path(self, path: skia.Path, paint: skia.Paint, near: float | None) -> None:
        pair = None if near is None else (near, near)
        self.shapes.append(Shape(lambda canvas, p: canvas.drawPath(path, p), paint, pair))

    def ground(self, path: skia.Path, paint: skia.Paint, top: float) -> None:
        """A sheet of land from height top down to the end of the world."""
        ends = (self.near(top), self.near(BELOW))
        self.shapes.append(Shape(lambda canvas, p: canvas.drawPath(path, p), paint, ends, heights=(top, BELOW)))

    def figure(self, draw: Draw, near: float) -> None:
        """What brings its own colours; for the depth it is asked to draw with a paint of one colour."""
        self.shapes.append(Shape(draw, skia.Paint(), (near, near), is_figure=True))

    def picture(self, camera: Camera = USUAL, side: int = 256) -> NDArray[np.uint8]:
        """(side, side, 3)."""
        surface, canvas = _sheet(camera, side)
        if self.style != "plain":
            canvas.saveLayer(None, skia.Paint(ColorFilter=matrix_filter(STYLES[self.style])))
        for shape in self.shapes:
            shape.draw(canvas, shape.paint)
        canvas.restoreToCount(1)
        return surface.toarray(colorType=RGBA)[..., :3].copy()

    def figures(self, camera: Camera = USUAL, side: int = 256) -> NDArray[np.uint8]:
        """(side, side): 255 where a figure is, 0 elsewhere."""
        surface, canvas = _sheet(camera, side)
        for shape in self.shapes:
            if shape.is_figure:
                shape.draw(canvas, solid((1.0, 1.0, 1.0)))
        canvas.restoreToCount(1)
        return surface.toarray(colorType=RGBA)[..., 0].copy()

    def depth(self, camera: Camera = USUAL, side: int = 256) -> NDArray[np.float32]:
        """(side, side): inverse depth as seen by the camera, 0 at infinity, 1 at the lower edge of the usual frame.

        The camera only frames the world; it does not walk in it, so nothing comes nearer by its scale.
        """
        surface, canvas = _sheet(camera, side)
        for shape in self.shapes:
            if shape.near is not None:
                shape.draw(canvas, _depth_paint(shape))
        canvas.restoreToCount(1)
        grey = surface.toarray(colorType=RGBA)[..., 0].astype(np.float32) / 255
        return grey / np.maximum(1 - grey, 1 / 255)


def _depth_paint(shape: Shape) -> skia.Paint:
    """Grey of near / (1 + near), which fits a byte."""
    assert shape.near is not None
    above, below = shape.near
    greys = [(g, g, g) for near in np.linspace(above, below, 9) if (g := float(near / (1 + near))) >= 0]
    paint = gradient(greys, *shape.heights) if above != below else solid(greys[0])
    paint.setStyle(shape.paint.getStyle())
    paint.setStrokeWidth(shape.paint.getStrokeWidth())
    return paint


def matrix_filter(rows: Matrix) -> skia.ColorFilter:
    values = [value for *shares, constant in rows for value in (*shares, 0.0, constant)]
    return skia.ColorFilters.Matrix([*values, 0, 0, 0, 1, 0])


@functools.lru_cache(maxsize=4)
def _surface(side: int) -> skia.Surface:
    return skia.Surface(side, side)


def _sheet(camera: Camera, side: int) -> tuple[skia.Surface, skia.Canvas]:
    """A black sheet as the camera sees it, until canvas.restoreToCount(1)."""
    surface = _surface(side)
    canvas = surface.getCanvas()
    canvas.clear(skia.ColorBLACK)
    canvas.save()
    canvas.concat(camera.matrix(side))
    return surface, canvas


def polygon(*points: tuple[float, float]) -> skia.Path:
    path = skia.Path()
    path.addPoly([skia.Point(*point) for point in points], True)
    return path


def disc(x: float, y: float, radius: float) -> skia.Path:
    path = skia.Path()
    path.addCircle(x, y, radius)
    return path


def box(left: float, top: float, right: float, bottom: float, radius: float = 0.0) -> skia.Path:
    path = skia.Path()
    path.addRoundRect(skia.Rect.MakeLTRB(left, top, right, bottom), radius, radius)
    return path


def pill(left: float, right: float, y: float, height: float) -> skia.Path:
    return box(left, y - height / 2, right, y + height / 2, height / 2)


def everywhere() -> skia.Path:
    return box(LEFT, ABOVE, RIGHT, BELOW)


def wave(y: float, height: float, length: float, phase: float) -> skia.Path:
    """All below a wavy line at height y."""
    xs = np.linspace(LEFT, RIGHT, int((RIGHT - LEFT) * 30))
    line = [(float(x), y + height * math.sin(2 * math.pi * x / length + phase)) for x in xs]
    return polygon(*line, (RIGHT, BELOW), (LEFT, BELOW))
