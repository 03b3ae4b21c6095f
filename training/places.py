"""The eight places, and the soft backdrop of a picture that names none. Each draws on beyond the frame: what a film
sees when it moves away from where it began."""

import random
from collections.abc import Callable

import skia

from training.land import Land
from training.palettes import BLACK, NEBULAE, PLANETS, SPACE, WHITE, mix, rgb
from training.pen import ABOVE, BELOW, LEFT, RIGHT, box, disc, everywhere, gradient, pill, polygon, solid, wave

Foot = float | None  # the height at which a hero stands; None where it floats


def forest(land: Land) -> Foot:
    r, lit = land.r, land.lit
    land.sky(0.55)
    land.ridge(0.52, 0.05, lit("#2E7D5B", 0.70))
    for base, haze, height, num in ((0.60, 0.48, 0.24, 9), (0.70, 0.22, 0.32, 6)):
        for x in land.along(num):
            land.conifer(x, base + 0.04, height * r.uniform(0.8, 1.2), lit("#2E7D5B", haze))
        land.ridge(base + 0.03, 0.02, lit("#4C9A5B", haze * 0.8), lit("#2F7A4E", haze * 0.6))
    land.ridge(0.80, 0.02, lit("#63B25E"), lit("#2F7F4D"), 2)
    for x in (r.uniform(-0.02, 0.1), r.uniform(0.9, 1.02)):
        land.conifer(x, 0.93, r.uniform(0.55, 0.75), lit("#1F5E4A"))
    for x in land.along(1.6):
        if not -0.35 < x < 1.35:
            land.conifer(x, r.uniform(0.84, 0.98), r.uniform(0.4, 0.8), lit(r.choice(("#1F5E4A", "#2E7D5B"))))
    for base, tall in ((1.32, 0.55), (1.95, 0.8), (2.8, 1.1)):
        land.ridge(base, 0.05, lit("#58A65C"), lit("#2A7248"), 1.2)
        for x in land.along(1.1 / tall):
            if base > 1.5 or not -0.3 < x < 1.3:
                land.conifer(x, base + 0.25, tall * r.uniform(0.6, 1.0), lit("#1F5E4A"))
    return 0.9


def sea(land: Land) -> Foot:
    r, lit, draw = land.r, land.lit, land.drawing.path
    horizon = land.horizon
    land.sky(horizon)
    isles = [r.choice((0.15, 0.85))] if r.random() < 0.7 else []
    for x in (*isles, *(r.uniform(LEFT, -0.3) for _ in range(2)), *(r.uniform(1.3, RIGHT) for _ in range(2))):
        width, path = r.uniform(0.14, 0.24), skia.Path()
        path.moveTo(x - width, horizon + 0.003)
        path.cubicTo(x - width / 2, horizon - 0.09, x + width * 0.2, horizon - 0.11, x + width, horizon + 0.003)
        path.close()
        draw(path, solid(lit("#4E7F8C", 0.45)), 0.04)
    deep, light = lit("#1D7FA8"), mix(lit("#5CC0CF"), land.colours.low, 0.35)
    land.drawing.ground(box(LEFT, horizon, RIGHT, BELOW), gradient([light, deep], horizon, 1.0), horizon)
    if land.time != "aurora":
        for i in range(6):
            half = 0.10 * r.uniform(0.5, 1.1) * (1 - 0.08 * i)
            bar = pill(land.sun - half, land.sun + half, horizon + 0.02 + 0.035 * i, 0.017)
            draw(bar, solid(land.colours.disc, 0.75 - 0.08 * i), None)
    for i in range(10):
        y, step = horizon + 0.14 + 0.13 * i + 0.02 * i * i, min(i, 3)
        tone = mix(
            mix(light, deep, min(1.0, 0.45 + 0.2 * step)), BLACK, 0.04 * step + (0.05 if i > 3 and i % 2 else 0.0)
        )
        path = wave(y, 0.008 + 0.004 * min(i, 6), 0.4 + 0.12 * i, r.uniform(0, 6))
        land.drawing.ground(path, solid(tone), y)
        for x in land.along(1.3 / (1 + 0.3 * i)):
            if i > 0 and r.random() < 0.6:
                draw(pill(x, x + 0.06 + 0.02 * i, y + 0.05, 0.016 + 0.003 * i), solid(light, 0.45), None)
    return 0.80


def mountains(land: Land) -> Foot:
    r, lit = land.r, land.lit
    land.sky(0.62)
    for base, height, haze, num in ((0.60, 0.34, 0.50, 3), (0.68, 0.24, 0.22, 4)):
        for x in land.along(num, 0.6):
            land.peak(x, base - height * r.uniform(0.65, 1.05), base + 0.12, r.uniform(0.24, 0.34), haze)
    land.ridge(0.72, 0.03, lit("#4F9B6E", 0.2))
    for x in land.along(5):
        land.conifer(x, 0.76, r.uniform(0.09, 0.14), lit("#2C6B57", 0.15))
    land.ridge(0.80, 0.02, lit("#7CC06A"), lit("#3F8F5A"), 2)
    _pasture(land, ("#6FB765", "#378254"))
    return 0.9


def _pasture(land: Land, colours: tuple[str, str]) -> None:
    """What lies before the frame: nearer hills with trees and flowers."""
    r, lit = land.r, land.lit
    for x in land.along(0.8):
        if not -0.3 < x < 1.3:
            land.conifer(x, r.uniform(0.86, 1.0), r.uniform(0.25, 0.5), lit("#2C6B57"))
    for base, tall in ((1.28, 0.4), (1.85, 0.6), (2.7, 0.9)):
        land.ridge(base, 0.06, lit(colours[0]), lit(colours[1]), 1.1)
        for x in land.along(1.0 / tall):
            if r.random() < 0.5 and (base > 1.5 or not -0.3 < x < 1.3):
                land.conifer(x, base + 0.2, tall * r.uniform(0.6, 1.0), lit("#2C6B57"))
            else:
                land.flower(x, base + r.uniform(0.15, 0.4), 0.05 * tall)


def desert(land: Land) -> Foot:
    r, lit = land.r, land.lit
    land.sky(0.62)
    for x in (*(r.uniform(0.1, 0.9) for _ in range(r.choice((1, 2)))), *land.along(0.9)):
        if -0.1 < x < 0.1 or 0.9 < x < 1.1:
            continue
        w, h = r.uniform(0.1, 0.2), r.uniform(0.08, 0.16)
        mesa = (
            (x - w, 0.64),
            (x - w * 0.7, 0.6 - h / 2),
            (x - w * 0.62, 0.62 - h),
            (x + w * 0.6, 0.62 - h),
            (x + w * 0.7, 0.6 - h / 2),
            (x + w, 0.64),
        )
        land.drawing.path(polygon(*mesa), solid(lit("#C9744E", 0.35)), 0.05)
    for base, rise, above, below, haze in (
        (0.62, 0.03, "#F2C078", "#E3A05E", 0.35), (0.71, 0.04, "#F0B268", "#D9894E", 0.14),
        (0.82, 0.03, "#F6BE70", "#D98B4C", 0.0), (1.25, 0.06, "#F0B268", "#CE7E45", 0.0),
        (1.8, 0.09, "#F6BE70", "#D98B4C", 0.0), (2.6, 0.12, "#F0B268", "#CE7E45", 0.0),
    ):  # fmt: skip
        line = land.ridge(base, rise, lit(above, haze), lit(below, haze), r.choice((2, 3)) if base < 1 else 1)
        size = 1.0 if base < 0.7 else 1.4 if base < 0.8 else 2.6 * base
        for x in land.along(1.6 if base < 0.8 else 0.7):
            if base < 0.8 or ((base > 1.5 or not -0.4 < x < 1.4) and base != 0.82):
                land.cactus(x, line(x) + 0.05 * size, r.uniform(0.1, 0.17) * size)
    return 0.9


def city(land: Land) -> Foot:
    r, lit, draw = land.r, land.lit, land.drawing.path
    land.sky(0.7)
    for low, high, haze, narrow, wide in ((0.22, 0.50, 0.55, 0.09, 0.14), (0.42, 0.62, 0.18, 0.12, 0.18)):
        x = LEFT - r.uniform(0, 0.08)
        while x < RIGHT:
            width, top = r.uniform(narrow, wide), r.uniform(low, high)
            c = lit(r.choice(("#5B6C9E", "#7A6A9C", "#4F7F9C", "#8A6F86")), haze)
            near = 0.15 if haze > 0.5 else 0.3
            draw(box(x, top, x + width, 1.0), gradient([c, mix(c, land.colours.haze, 0.35)], top, 0.9), near)
            if haze < 0.5:
                dark = land.time != "day"
                draw(
                    _windows(r, x, top, width, 0.55 if dark else 0.8),
                    solid(rgb("#FFD98A") if dark else mix(c, WHITE, 0.45), 0.95),
                    near,
                )
            x += width + r.choice((0, 0, 0.015))
    road, light = lit("#6A6F8C"), lit("#FFE9B0")
    for k, y in enumerate((0.79, 1.22, 1.8, 2.7)):
        size = 1 + k
        tone = mix(road, BLACK, 0.06 * (k % 2))
        land.drawing.ground(box(LEFT, y, RIGHT, BELOW), gradient([tone, mix(tone, BLACK, 0.25)], y, y + 0.21 * size), y)
        draw(box(LEFT, y, RIGHT, y + 0.015 * size), solid(mix(tone, WHITE, 0.25)), None)
        for x in land.along(4.5 / size, 0.0):
            draw(pill(x, x + 0.11 * size, y + 0.14 * size, 0.024 * size), solid(light, 0.9), None)
    return 0.88


def _windows(r: random.Random, left: float, top: float, width: float, share: float) -> skia.Path:
    """Every second one of a fine grid: smaller ones are lost in the latents."""
    path = skia.Path()
    for row in range(8):
        for column in range(int(width / 0.045)):
            x, y = left + 0.02 + column * 0.045, top + 0.035 + row * 0.055
            if r.random() < share and y < 0.76 and row % 2 == column % 2 == 0:
                path.addRect(skia.Rect.MakeXYWH(x, y, 0.046, 0.06))
    return path


def meadow(land: Land) -> Foot:
    r, lit = land.r, land.lit
    land.sky(0.58)
    for base, rise, above, below, haze in (
        (0.56, 0.05, "#5FB58C", "#4CA27C", 0.5), (0.64, 0.05, "#6FC16B", "#4FA45E", 0.2),
        (0.75, 0.04, "#8BD162", "#58AE57", 0.0),
    ):  # fmt: skip
        line = land.ridge(base, rise, lit(above, haze), lit(below, haze), r.choice((2, 3)))
        for x in land.along(2.6):
            if base < 0.7:
                land.round_tree(x, line(x) + 0.02, r.uniform(0.1, 0.17), lit("#3F9A5C", haze * 0.7))
            elif not -0.25 < x < 1.25 and r.random() < 0.4:
                land.round_tree(x, line(x) + 0.1, r.uniform(0.25, 0.5), lit("#3F9A5C"))
    for x in land.along(14):
        y = r.uniform(0.82, 1.1)
        land.flower(x, y, 0.02 + (y - 0.8) * 0.06)
    for base, size in ((1.25, 1.0), (1.8, 1.5), (2.6, 2.2)):
        land.ridge(base, 0.06, lit("#83C95F"), lit("#4FA254"), 1.1)
        for x in land.along(5 / size):
            y = base + r.uniform(0.1, 0.5)
            land.flower(x, y, r.uniform(0.025, 0.04) * size)
        for x in land.along(0.6):
            if base > 1.5 or not -0.4 < x < 1.4:
                land.round_tree(x, base + 0.2, r.uniform(0.4, 0.6) * size, lit("#3F9A5C"))
    return 0.9


def snow(land: Land) -> Foot:
    r, lit = land.r, land.lit
    land.sky(0.58)
    land.snowy = True
    for base, rise, haze, num in ((0.56, 0.04, 0.45, 5), (0.66, 0.04, 0.2, 4)):
        line = land.ridge(base, rise, lit((0.93, 0.97, 1.0), haze), lit((0.74, 0.84, 0.96), haze))
        for x in land.along(num):
            land.conifer(
                x, line(x) + 0.04, r.uniform(0.14, 0.26) * (0.8 if haze > 0.3 else 1.15), lit("#3C7F86", haze * 0.8)
            )
    land.ridge(0.79, 0.025, lit((0.98, 0.99, 1.0)), lit((0.76, 0.86, 0.97)), 2)
    for x in land.along(1.2):
        if not -0.3 < x < 1.3:
            land.conifer(x, r.uniform(0.84, 0.98), r.uniform(0.35, 0.6), lit("#3C7F86"))
    for base, size in ((1.3, 0.6), (1.9, 0.85), (2.75, 1.2)):
        land.ridge(base, 0.06, lit((0.96, 0.98, 1.0)), lit((0.74, 0.84, 0.96)), 1.1)
        for x in land.along(1.0 / size):
            if base > 1.5 or not -0.3 < x < 1.3:
                land.conifer(x, base + 0.22, size * r.uniform(0.5, 0.9), lit("#3C7F86"))
    flakes = skia.Path()
    for _ in range(8):
        flakes.addCircle(r.random(), r.random() * 0.8, r.choice((0.01, 0.013)))
    for _ in range(70):
        flakes.addCircle(r.uniform(LEFT, RIGHT), r.uniform(ABOVE, BELOW), r.choice((0.012, 0.016, 0.02)))
    land.drawing.path(flakes, solid(WHITE, 0.8), None)
    return 0.9


def space(land: Land) -> Foot:
    r, draw = land.r, land.drawing.path
    deep, middle, light = (rgb(c) for c in r.choice(SPACE))
    draw(everywhere(), gradient([deep, deep, middle, light, middle], ABOVE, BELOW, [0, 0.42, 0.5, 0.58, 1]), 0.0)
    nebulae = [(r.random(), r.random(), 0.45) for _ in range(2)]
    nebulae += [(r.uniform(LEFT, RIGHT), r.uniform(ABOVE, BELOW), 0.9) for _ in range(7)]
    for x, y, radius in nebulae:
        c = skia.Color4f(*rgb(r.choice(NEBULAE)), 0.38)
        ends = [c.toColor(), skia.Color4f(c.fR, c.fG, c.fB, 0.0).toColor()]
        shader = skia.GradientShader.MakeRadial((x, y), radius, ends)
        draw(everywhere(), skia.Paint(Shader=shader), None)
    land.stars(34, 1.0)
    beyond = skia.Path()
    for _ in range(200):
        beyond.addCircle(r.uniform(LEFT, RIGHT), r.uniform(1.0, BELOW), r.choice((0.006, 0.009, 0.014)))
    draw(beyond, solid((1.0, 1.0, 0.94), 0.75), None)
    sides = (r.uniform(0.06, 0.28), r.uniform(0.72, 0.94)), (r.uniform(0.08, 0.3), r.uniform(0.7, 0.92))
    for _ in range(2):
        _planet(land, r.choice(sides[0]), r.choice(sides[1]), r.uniform(0.07, 0.15), mix(deep, BLACK, 0.0))
    for _ in range(16):
        x, y = r.uniform(LEFT, RIGHT), r.uniform(ABOVE, BELOW)
        if not (-0.15 < x < 1.15 and -0.15 < y < 1.15):
            _planet(land, x, y, r.uniform(0.1, 0.34), deep)
    return None


def _planet(land: Land, x: float, y: float, radius: float, dark: tuple[float, float, float]) -> None:
    r, draw = land.r, land.drawing.path
    c = rgb(r.choice(PLANETS))
    whole = disc(x, y, radius)
    draw(whole, solid(mix(c, dark, 0.35)), 0.3)
    lit_side = skia.Op(whole, disc(x - radius * 0.25, y - radius * 0.25, radius * 0.95), skia.PathOp.kIntersect_PathOp)
    draw(lit_side, solid(c), 0.3)
    band = skia.Op(
        whole, pill(x - radius * 1.2, x + radius * 0.6, y - radius * 0.1, radius * 0.22), skia.PathOp.kIntersect_PathOp
    )
    draw(band, solid(mix(c, WHITE, 0.3), 0.7), 0.3)
    if r.random() < 0.5:
        ring, turn = skia.Path(), skia.Matrix()
        ring.addArc(
            skia.Rect.MakeLTRB(x - radius * 1.6, y - radius * 0.42, x + radius * 1.6, y + radius * 0.42), -20, 220
        )
        turn.setRotate(-18, x, y)
        ring.transform(turn)
        draw(
            ring,
            skia.Paint(
                Color4f=skia.Color4f(*mix(c, WHITE, 0.5), 0.9),
                AntiAlias=True,
                Style=skia.Paint.kStroke_Style,
                StrokeWidth=radius * 0.16,
            ),
            0.32,
        )


def nowhere(land: Land) -> Foot:
    """No place at all: the sky of a time, with a large disc of light behind the hero and soft waves below."""
    r, c, draw = land.r, land.colours, land.drawing.path
    land.sky(1.05)
    x, y = 0.5 + r.uniform(-0.08, 0.08), 0.42 + r.uniform(-0.05, 0.05)
    for radius, alpha in ((0.52, 0.16), (0.40, 0.22)):
        draw(disc(x, y, radius), solid(c.disc, alpha), None)
    for k in range(9):
        base = 0.86 + 0.16 * k + 0.04 * k * k
        land.ridge(
            base, 0.03 + 0.02 * k, mix(c.haze, land.lit("#7C8CC4"), 0.25 + 0.5 * (k % 3) / 2), None, 1.6 / (1 + 0.2 * k)
        )
    return 0.96


PLACES: dict[str, tuple[Callable[[Land], Foot], float]] = {  # and the horizon
    "forest": (forest, 0.55), "sea": (sea, 0.53), "mountains": (mountains, 0.62), "desert": (desert, 0.62),
    "city": (city, 0.70), "meadow": (meadow, 0.56), "snow": (snow, 0.56), "space": (space, 0.5),
    "plain": (nowhere, 0.7),
}  # fmt: skip
