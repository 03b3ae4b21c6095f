"""What places are made of: sky, ridges, trees, each drawn from one end of the world to the other."""

import math
import random
from collections.abc import Callable

import numpy as np
import skia

from training.palettes import AURORA, BLACK, WHITE, Colour, Palette, mix, pick, rgb
from training.pen import ABOVE, BELOW, LEFT, RIGHT, Drawing, box, disc, everywhere, gradient, pill, polygon, solid

WIDE = RIGHT - LEFT
Height = Callable[[float], float]


class Land:
    """A drawing under way. sun: where it stands. snowy: whether conifers wear snow."""

    def __init__(self, r: random.Random, time: str, horizon: float) -> None:
        self.r, self.time, self.colours = r, time, pick(r, time)
        self.drawing, self.sun, self.snowy = Drawing(horizon), 0.5, False

    @property
    def horizon(self) -> float:
        return self.drawing.horizon

    def lit(self, colour: str | Colour, haze: float = 0.0) -> Colour:
        return self.colours.lit(rgb(colour) if isinstance(colour, str) else colour, haze)

    def along(self, per_unit: float, around: float = 0.9) -> list[float]:
        """About per_unit places in each unit of the width, the world over, no two close to each other."""
        step = 1 / per_unit
        num = int(WIDE / step)
        start = LEFT + self.r.random() * step
        return [start + (i + self.r.uniform(0, around)) * step for i in range(num)]

    def sky(self, horizon: float) -> None:
        c, deep = self.colours, mix(self.colours.top, BLACK, 0.35)
        span = horizon - ABOVE
        at = [0.0, -ABOVE / span, (-ABOVE + 0.55 * horizon) / span, 1.0]
        self.drawing.path(everywhere(), gradient([deep, c.top, c.middle, c.low], ABOVE, horizon, at), 0.0)
        if self.time in ("night", "aurora"):
            self.stars(26, horizon * 0.8)
        if self.time == "aurora":
            self.aurora(horizon)
            return
        self.sun_or_moon(horizon)
        for _ in range(self.r.choice((2, 3, 3))):
            self.cloud(self.r.uniform(0.05, 0.95), self.r.uniform(0.08, horizon * 0.75), self.r.uniform(0.07, 0.13))
        for _ in range(22):
            x, y = self.r.uniform(LEFT, RIGHT), self.r.uniform(ABOVE, horizon * 0.7)
            if not (-0.1 < x < 1.1 and y > -0.1):
                self.cloud(x, y, self.r.uniform(0.09, 0.26))

    def stars(self, num: int, lowest: float, colour: Colour = (1.0, 1.0, 0.94)) -> None:
        """At most num of them in the usual frame, none close to another, and larger ones beyond."""
        near, far, r, kept = skia.Path(), skia.Path(), self.r, list[tuple[float, float]]()
        for _ in range(num):
            x, y, radius = r.random(), r.random() * lowest, r.choice((0.007, 0.009, 0.012))
            if all(abs(x - a) + abs(y - b) > 0.16 for a, b in kept):
                near.addCircle(x, y, radius)
                kept.append((x, y))
        for _ in range(8 * num):
            x, y, radius = r.uniform(LEFT, RIGHT), r.uniform(ABOVE, lowest), r.choice((0.01, 0.013, 0.018))
            if all(abs(x - a) + abs(y - b) > 0.2 for a, b in kept):
                far.addCircle(x, y, radius)
                kept.append((x, y))
        self.drawing.path(near, solid(colour, 0.9), None)
        self.drawing.path(far, solid(colour, 0.75), None)

    def sun_or_moon(self, horizon: float) -> None:
        r, self.sun = self.r, self.r.uniform(0.2, 0.8)
        y = {"day": r.uniform(0.14, 0.26), "sunset": horizon - r.uniform(0.03, 0.14), "night": r.uniform(0.14, 0.28)}
        radius = {"day": 0.065, "sunset": 0.12, "night": 0.075}[self.time] * r.uniform(0.9, 1.2)
        for factor, alpha in ((2.6, 0.12), (1.75, 0.18), (1.0, 1.0)):
            self.drawing.path(disc(self.sun, y[self.time], radius * factor), solid(self.colours.disc, alpha), None)

    def cloud(self, x: float, y: float, width: float) -> None:
        path = skia.Path()
        path.setFillType(skia.PathFillType.kWinding)
        for dx, dy, factor in ((0.0, 0.0, 1.0), (-0.35, -0.22, 0.55), (0.3, -0.3, 0.5)):
            left, right = x + (dx - factor) * width, x + (dx + factor) * width
            path.addPath(pill(left, right, y + dy * width * 0.6, width * 0.34))
        self.drawing.path(path, solid(self.colours.cloud, self.colours.cloud_alpha), None)

    def aurora(self, horizon: float) -> None:
        r = self.r
        for floor in (0.0, -1.1):
            for k, c in enumerate(AURORA):
                base, phase = floor + horizon * (0.40 + 0.13 * k) + r.uniform(-0.03, 0.03), r.uniform(0, 6)
                xs = np.linspace(LEFT, RIGHT, 160)
                line = [
                    (float(x), base + 0.06 * math.sin(5 * x + phase) + 0.025 * math.sin(11 * x + 2 * phase)) for x in xs
                ]
                path = polygon(*line, *((x, y - 0.30) for x, y in reversed(line)))
                self.drawing.path(path, gradient([c, c], base - 0.32, base + 0.06, alphas=(0.0, 0.62)), None)

    def ridge(self, base: float, rise: float, above: Colour, below: Colour | None = None, bumps: float = 3) -> Height:
        """A hilly line at height base, +- rise, so many bumps a unit, filled down to the end of the world."""
        num = int(bumps * WIDE)
        xs = [LEFT + WIDE * i / num for i in range(num + 1)]
        ys = [base + rise * self.r.uniform(-1, 1) for _ in xs]
        path = skia.Path()
        path.moveTo(xs[0], ys[0])
        for x0, y0, x1, y1 in zip(xs, ys, xs[1:], ys[1:], strict=False):
            path.cubicTo((x0 + x1) / 2, y0, (x0 + x1) / 2, y1, x1, y1)
        path.lineTo(RIGHT, BELOW)
        path.lineTo(LEFT, BELOW)
        path.close()
        paint = gradient([above, below or above], base - rise, base + 0.35)
        self.drawing.ground(path, paint, base)
        return lambda x: float(np.interp(x, xs, ys))

    def conifer(self, x: float, foot: float, height: float, c: Colour) -> None:
        width, near, draw = height * 0.42, self.drawing.near(foot), self.drawing.path
        draw(
            box(x - width * 0.09, foot - height * 0.2, x + width * 0.09, foot),
            solid(mix(c, (0.25, 0.14, 0.1), 0.6)),
            near,
        )
        left, right = skia.Path(), skia.Path()
        for k in range(3):
            top, bottom = foot - height * (1 - 0.24 * k), foot - height * (0.55 - 0.20 * k)
            half = width * (0.55 + 0.225 * k) / 2
            left.addPath(polygon((x, top), (x - half, bottom), (x, bottom)))
            right.addPath(polygon((x, top), (x + half, bottom), (x, bottom)))
        draw(left, solid(c), near)
        draw(right, solid(mix(c, BLACK, 0.14)), near)
        if self.snowy:
            cap = (
                (x, foot - height),
                (x - width * 0.16, foot - height * 0.74),
                (x + width * 0.16, foot - height * 0.74),
            )
            draw(polygon(*cap), solid(self.lit((0.96, 0.98, 1.0))), near)

    def round_tree(self, x: float, foot: float, height: float, c: Colour) -> None:
        near, draw = self.drawing.near(foot), self.drawing.path
        trunk = box(x - height * 0.05, foot - height * 0.5, x + height * 0.05, foot)
        draw(trunk, solid(self.lit("#6B452E")), near)
        draw(disc(x, foot - height * 0.66, height * 0.34), solid(c), near)
        draw(disc(x - height * 0.09, foot - height * 0.73, height * 0.2), solid(mix(c, (1.0, 1.0, 0.8), 0.14)), near)

    def cactus(self, x: float, foot: float, height: float) -> None:
        width, path = height * 0.2, skia.Path()
        path.setFillType(skia.PathFillType.kWinding)
        for left, top, right, bottom in (
            (-0.5, 1.0, 0.5, 0.0), (-2.0, 0.75, -1.15, 0.35), (-2.0, 0.5, 0.0, 0.34),
            (1.1, 0.85, 1.9, 0.42), (0.0, 0.57, 1.9, 0.41),
        ):  # fmt: skip
            path.addPath(
                box(x + left * width, foot - top * height, x + right * width, foot - bottom * height, width * 0.45)
            )
        self.drawing.path(path, solid(self.lit("#3E9B63", 0.08)), self.drawing.near(foot))

    def flower(self, x: float, y: float, size: float) -> None:
        near = self.drawing.near(y)
        petals = self.lit(self.r.choice(("#FF8FA3", "#FFD166", "#FFFFFF", "#E26D8A")))
        self.drawing.path(disc(x, y, size), solid(petals), near)
        self.drawing.path(disc(x, y, size * 0.4), solid(self.lit("#FFB347")), near)

    def peak(self, x: float, top: float, foot: float, width: float, haze: float) -> None:
        near, draw, tall = self.drawing.near(foot), self.drawing.path, foot - top
        for side, rock, ice in ((-1, "#6D86A8", "#FAFCFF"), (1, "#46608A", "#CCDEF7")):
            draw(polygon((x, top), (x + side * width, foot), (x, foot)), solid(self.lit(rock, haze)), near)
            edge, k = side * width, 0.34
            snow = (
                (x, top),
                (x + edge * k, top + tall * k),
                (x + edge * k * 0.45, top + tall * k * 0.82),
                (x, top + tall * k * 1.12),
            )
            draw(polygon(*snow), solid(self.lit(ice, haze * 0.4)), near)

    def lighter(self, c: Colour, share: float) -> Colour:
        return mix(c, WHITE, share)


def shadow(palette: Palette) -> skia.Paint:
    return solid(mix(palette.top, BLACK, 0.7), 0.26)
