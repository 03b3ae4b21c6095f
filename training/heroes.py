"""The heroes: SVG files of our own beside this one, drawn as vectors at any size, in one style."""

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import skia

from training.palettes import WHITE, Colour, Palette, mix
from training.pen import Draw, matrix_filter

FOLDER = Path(__file__).parent / "heroes"
# How much of the light's tint a hero takes on: it must glow before its land.
TINTED = 0.42


@dataclass(frozen=True, eq=False)
class Hero:
    """svg: the drawing. width, height: of its box, in its own units; it stands on the lower edge."""

    svg: skia.SVGDOM
    width: float
    height: float

    def standing(self, x: float, foot: float, size: float, palette: Palette, space: bool) -> Draw:
        """Draws it size tall with its middle at x and its foot at height foot, in the light of palette.

        With a paint that has a colour of its own (for the depth) all of it gets that colour.
        """
        scale = size / self.height
        tint: Colour = WHITE if space else mix(WHITE, palette.tint, TINTED)
        red, green, blue = tint
        light = matrix_filter(((red, 0, 0, 0), (0, green, 0, 0), (0, 0, blue, 0)))
        edge = size * max(1.0, self.width / self.height)
        bounds = skia.Rect.MakeLTRB(x - edge, foot - size * 1.1, x + edge, foot + size * 0.1)

        def draw(canvas: skia.Canvas, paint: skia.Paint) -> None:
            grey = paint.getColor4f()
            flat = (
                skia.ColorFilters.Blend(grey.toColor(), skia.BlendMode.kSrcIn) if paint.getColor() != BLANK else light
            )
            canvas.saveLayer(bounds, skia.Paint(ColorFilter=flat))
            canvas.translate(x, foot)
            canvas.scale(scale, scale)
            canvas.translate(-self.width / 2, -self.height * 0.97)
            self.svg.render(canvas)
            canvas.restore()

        return draw


BLANK = skia.Paint().getColor()


@functools.cache
def hero(name: str) -> Hero:
    text = (FOLDER / f"{name}.svg").read_text("utf-8")
    found = re.search(r'viewBox="0 0 (\S+) (\S+)"', text)
    assert found, f"{name}.svg has no viewBox"
    width, height = float(found[1]), float(found[2])
    svg = skia.SVGDOM.MakeFromStream(skia.Stream.MakeFromFile(str(FOLDER / f"{name}.svg")))
    svg.setContainerSize(skia.Size(width, height))
    return Hero(svg, width, height)
