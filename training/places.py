"""The places of the scene generator: each draws a batch of backdrops with its light and its ground."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from training.painter import LIGHT, Painter, mix

SUN = {"sunset": (1.0, 0.70, 0.35), "day": (1.0, 1.0, 0.95), "night": (0.65, 0.72, 0.9)}
CLOUD = {
    "day": (1.0, 1.0, 1.0),
    "sunset": (0.93, 0.48, 0.42),
    "night": (0.13, 0.17, 0.30),
    "aurora": (0.06, 0.12, 0.18),
}
COVER = {"day": 0.56, "sunset": 0.53, "night": 0.62, "aurora": 0.72}


@dataclass(frozen=True)
class Backdrop:
    """image: (B, 3, H, W). light: (B, 3, 1, 1) on what stands in it. ground: where feet may stand, from
    the top. floats: nothing stands, things hang in the middle."""

    image: Tensor
    light: Tensor
    ground: tuple[float, float] = (0.82, 0.95)
    floats: bool = False


@dataclass(frozen=True)
class Sky:
    """image: (B, 3, H, W). horizon, light: colours. sun: x of the sun or moon."""

    image: Tensor
    horizon: Tensor
    light: Tensor
    sun: Tensor


def draw_place(p: Painter, place: str, time: str, atlas: dict[str, Tensor]) -> Backdrop:
    """A batch of place at time. atlas: of training.sprites, for trees and flowers."""
    if place == "space":
        return _space(p)
    horizon = 0.5 if place == "sea" else 0.62
    sky = draw_sky(p, time, horizon)
    if place == "sea":
        image = _sea(p, sky, time)
    elif place == "city":
        image = _city(p, sky, time)
    else:
        image = {"forest": _forest, "mountains": _mountains, "desert": _desert, "meadow": _meadow, "snow": _snow}[
            place
        ](p, sky, atlas)
    ground = {"sea": (0.78, 0.92), "city": (0.86, 0.95)}.get(place, (0.82, 0.95))
    return Backdrop(image.clamp(0, 1), sky.light * 0.85 + 0.15, ground)


def draw_sky(p: Painter, time: str, horizon: float) -> Sky:
    """The sky down to horizon, with a sun or a moon, stars, northern lights and clouds."""
    top, low, light = LIGHT[time]
    depth = (p.y / horizon).clamp(0, 1) ** 0.8
    image = mix(p.colour(top, 0.03), p.colour(low, 0.03), depth)
    if time in ("night", "aurora"):
        stars = p.specks(0.0035 * (128 / p.side) ** 0.5)
        glow = functional.avg_pool2d(functional.pad(stars, (1, 1, 1, 1)), 3, 1)
        image = (image + (stars + 0.7 * glow).clamp(0, 1) * (1 - depth * 0.7)).clamp(0, 1)
    if time == "aurora":
        image = _northern_lights(p, image)
    x, y = p.uniform(0.15, 0.85), p.uniform(0.10, 0.30)
    image = _luminary(p, image, time, x, horizon - p.uniform(0.02, 0.16) if time == "sunset" else y)
    noise = p.clouds(3, 5, wide=0.6)
    cover = COVER[time]
    fade = 1 - (p.y / horizon - 0.75).clamp(0, 0.25) * 4
    share = ((noise - cover - p.uniform(-0.03, 0.06)) / 0.16).clamp(0, 1) * fade
    cloud = p.colour(CLOUD[time])
    image = mix(image, mix(cloud * 0.78, cloud, (noise - cover).clamp(0, 0.25) * 4), share * 0.88)
    return Sky(image, p.colour(low), p.colour(light), x)


def _northern_lights(p: Painter, image: Tensor) -> Tensor:
    edge = p.y - (p.clouds(2, 3, height=1) * 0.25 + 0.12)
    band = torch.exp(-(edge.clamp(min=0) / 0.16)) * (edge > 0) + torch.exp(-((edge / 0.02) ** 2)) * (edge <= 0)
    folds = 0.5 + 0.5 * torch.sin(p.x * 60 * (0.7 + 0.6 * p.uniform()) + 8 * p.clouds(3, 2, height=1))
    colour = mix(p.colour((0.15, 1.0, 0.55)), p.colour((0.65, 0.25, 0.95)), (1 - p.y / 0.45).clamp(0, 1))
    return (image + 0.85 * band * (0.55 + 0.45 * folds) * colour * p.uniform(0.7, 1.0)).clamp(0, 1)


def _luminary(p: Painter, image: Tensor, time: str, x: Tensor, y: Tensor) -> Tensor:
    if time == "aurora":
        return image
    size = {"sunset": (0.055, 0.10), "day": (0.035, 0.06), "night": (0.045, 0.085)}[time]
    disc, distance = p.disc(x, y, p.uniform(*size))
    if time == "sunset":
        image = mix(image, p.colour((1.0, 0.80, 0.42)), torch.exp(-(distance**2) / 0.045) * 0.75)
        return mix(image, p.colour((1.0, 0.90, 0.55)), disc)
    if time == "day":
        image = mix(image, p.colour((1.0, 1.0, 0.92)), torch.exp(-(distance**2) / 0.012) * 0.6)
        return mix(image, p.colour((1.0, 0.98, 0.82)), disc)
    image = (image + 0.28 * torch.exp(-(distance**2) / 0.012) * p.colour((0.8, 0.85, 1.0))).clamp(0, 1)
    return mix(image, (0.9 + 0.1 * p.clouds(8, 2)) * p.colour((0.97, 0.96, 0.88)), disc)


def _space(p: Painter) -> Backdrop:
    image = p.colour((0.01, 0.01, 0.05))
    for frequency, octaves, share in ((2, 5, 1.95), (3, 4, 1.45)):
        image = image + share * (p.clouds(frequency, octaves) - 0.48).clamp(min=0) * p.uniform(0, 1, 3, 1, 1)
    for share in (0.004, 0.0012):
        image = image + p.specks(share * 128 / p.side)
    for _ in range(2):
        radius, x, y = p.uniform(0.04, 0.16), p.uniform(0.08, 0.92), p.uniform(0.06, 0.45)
        disc, _ = p.disc(x, y, radius)
        planet = mix(p.uniform(0.15, 1.0, 3, 1, 1), p.uniform(0.15, 1.0, 3, 1, 1), p.clouds(7, 3, wide=0.15))
        away = ((p.x - x + 0.35 * radius) ** 2 + (p.y - y + 0.35 * radius) ** 2).sqrt() / (1.35 * radius)
        image = mix(image, (planet * (0.18 + 0.95 * (1 - away)).clamp(0.05, 1.15)).clamp(0, 1), disc)
    return Backdrop(image.clamp(0, 1), p.colour((0.9, 0.9, 1.0)), (0.55, 0.95), floats=True)


def _hazy(colour: Tensor, sky: Sky, share: float) -> Tensor:
    return mix(colour, sky.horizon, share)


def _decor(p: Painter, image: Tensor, sprites: list[Tensor], rows: tuple[float, float, float, float], num: int,
           light: Tensor) -> Tensor:  # fmt: skip
    """num sprites a picture; rows: y of the farthest and the nearest, and their sizes."""
    far, near, small, large = rows
    for i in range(num):
        share = (i + float(p.uniform().flatten()[0])) / num
        foot, size = far + (near - far) * share, small + (large - small) * share
        x, sizes = p.uniform(), p.uniform(size * 0.85, size * 1.15)
        feet = p.uniform(foot - 0.01, foot + 0.01)
        if size > 0.06:
            image = p.shadow(image, x, feet, sizes, 1.0)
        image = p.sprite(image, p.pick(sprites), x, feet, sizes, light)
    return image


def _mountains(p: Painter, sky: Sky, atlas: dict[str, Tensor]) -> Tensor:
    image = sky.image
    for i, (base, height, haze) in enumerate(((0.46, 0.20, 0.62), (0.58, 0.16, 0.38), (0.70, 0.10, 0.12))):
        line = p.ridge(base + p.uniform(-0.03, 0.03), height, 2.5 + i, 6, 0.52)
        rock = p.colour((0.30, 0.36, 0.46) if i < 2 else (0.20, 0.34, 0.20), 0.04) * sky.light
        rock = rock * (0.82 + 0.36 * p.clouds(14, 3))
        if i == 0:
            snow = ((line + 0.13 * p.clouds(16, 2, height=1) + 0.02 - p.y) * p.side / 3).clamp(0, 1)
            rock = mix(rock, p.colour((0.96, 0.97, 1.0)) * sky.light, snow)
        image = mix(image, _hazy(rock, sky, haze), p.below(line))
    grass = p.colour((0.27, 0.45, 0.18), 0.04) * sky.light * (0.8 + 0.4 * p.clouds(24, 3))
    image = mix(image, grass, p.below(p.ridge(0.80, 0.03, 2, 4)))
    return _decor(p, image, [atlas["evergreen tree"]], (0.76, 0.84, 0.06, 0.13), 5, sky.light)


def _sea(p: Painter, sky: Sky, time: str) -> Tensor:
    line = 0.5 + 0.05 * (p.uniform() - 0.5)
    depth = ((p.y - line) / (1 - line)).clamp(0, 1)
    logs = (p.y - line).clamp(min=0).add(0.004).log()
    waves = torch.sin(logs * p.uniform(26, 36) + 2.5 * p.clouds(6, 3, wide=0.5) + 3 * p.clouds(3, 2) * p.x)
    water = mix(sky.horizon * 0.85 + 0.1, p.colour((0.02, 0.26, 0.42), 0.03) * sky.light, depth.pow(0.5))
    water = water * (1 + 0.13 * waves * (0.4 + depth)) + 0.25 * ((waves - 0.86) / 0.14).clamp(0, 1) * sky.light * depth
    if time in SUN:
        glitter = torch.exp(-(((p.x - sky.sun) / (0.03 + 0.14 * depth)) ** 2)) * (0.35 + 0.65 * (waves * 0.5 + 0.5))
        water = mix(water, p.colour(SUN[time]), glitter * (0.4 if time == "day" else 0.65))
    return mix(sky.image, water.clamp(0, 1), p.below(line))


def _forest(p: Painter, sky: Sky, atlas: dict[str, Tensor]) -> Tensor:
    image, trees = sky.image, [atlas["evergreen tree"], atlas["evergreen tree"], atlas["deciduous tree"]]
    rows = ((9, 0.56, 0.62, 0.14, 0.22, 0.6), (8, 0.64, 0.72, 0.22, 0.32, 0.35), (5, 0.74, 0.80, 0.34, 0.48, 0.08))
    for i, (num, far, near, small, large, haze) in enumerate(rows):
        floor = _hazy(p.colour((0.13, 0.30, 0.12), 0.04) * sky.light, sky, haze * 0.8)
        image = mix(image, floor, p.below(p.ridge(far + 0.02, 0.02, 3, 4)))
        for j in range(num):
            foot = far + (near - far) * j / num
            x = p.uniform(-0.05, 0.05) + (j + 0.5) / num if i < 2 else p.uniform(0, 0.24) + 0.76 * (j % 2 == 0)
            light = _hazy(sky.light * 0.85, sky, haze)
            image = p.sprite(image, p.pick(trees), x, p.uniform(foot, foot + 0.02), p.uniform(small, large), light)
    grass = p.colour((0.22, 0.38, 0.14), 0.04) * sky.light * (0.75 + 0.5 * p.clouds(30, 3))
    image = mix(image, grass, p.below(p.ridge(0.80, 0.02, 2, 4), 6))
    plants = [atlas[name] for name in ("mushroom", "herb", "seedling")]
    return _decor(p, image, plants, (0.86, 0.97, 0.05, 0.07), 3, sky.light)


def _desert(p: Painter, sky: Sky, atlas: dict[str, Tensor]) -> Tensor:
    image = sky.image
    for i, (base, height, haze) in enumerate(((0.60, 0.05, 0.45), (0.70, 0.07, 0.22), (0.82, 0.06, 0.05))):
        line = p.ridge(base, height, 1.5 + i * 0.5, 3, 0.35)
        slope = 0.78 + 0.32 * ((p.clouds(2, 2, height=1) * 8 + (p.y - line) * 6).sin() * 0.5 + 0.5)
        sand = p.colour((0.90, 0.64, 0.32), 0.03) * sky.light * slope
        sand = sand * (0.95 + 0.1 * torch.sin(p.y * 90 + 8 * p.clouds(4, 3)))
        image = mix(image, _hazy(sand, sky, haze), p.below(line))
    return _decor(p, image, [atlas["cactus"]], (0.72, 0.90, 0.07, 0.17), 3, sky.light)


def _city(p: Painter, sky: Sky, time: str) -> Tensor:
    image, lit = sky.image, time in ("night", "aurora", "sunset")
    for i, (low, high, haze, num) in enumerate(((0.18, 0.44, 0.55, 18), (0.30, 0.60, 0.22, 12))):
        roofs = 1 - (p.grid(1, num) * (high - low) + low + 0.30 * (i == 0))
        walls = mix(p.colour((0.34, 0.38, 0.46), 0.04), p.colour((0.58, 0.50, 0.46), 0.04), p.grid(1, num)) * sky.light
        count = 64 if i == 0 else 48
        x, y = (p.x * count) % 1, (p.y * count) % 1
        window = ((x > 0.28) & (x < 0.78) & (y > 0.3) & (y < 0.75)).float()
        shining = (p.grid(count, count) > (0.45 if lit else 0.9)).float()
        walls = mix(walls, mix(walls * 0.62, p.colour((1.0, 0.86, 0.48)), shining), window * 0.9)
        haze *= 0.35 if time in ("night", "aurora") else 1.0
        image = mix(image, _hazy(walls, sky, haze), p.below(roofs))
    kerb = p.uniform(0.80, 0.84)
    image = mix(image, p.colour((0.5, 0.5, 0.5), 0.04) * sky.light, p.below(kerb - 0.03))
    road = p.colour((0.24, 0.25, 0.28), 0.04) * sky.light * (0.92 + 0.16 * p.clouds(40, 2))
    image = mix(image, road, p.below(kerb))
    dashes = torch.exp(-(((p.y - 0.91) / 0.007) ** 2)) * ((p.x * 8 + p.uniform()) % 1 > 0.45).float()
    return mix(image, p.colour((0.95, 0.92, 0.7)) * sky.light, dashes * 0.8)


def _meadow(p: Painter, sky: Sky, atlas: dict[str, Tensor]) -> Tensor:
    image = sky.image
    for i, (base, height, haze) in enumerate(((0.60, 0.06, 0.45), (0.68, 0.06, 0.18), (0.78, 0.05, 0.0))):
        line = p.ridge(base, height, 1.5, 3, 0.4)
        grass = p.colour((0.36, 0.62, 0.22) if i else (0.30, 0.52, 0.32), 0.04) * sky.light
        image = mix(image, _hazy(grass * (0.80 + 0.4 * p.clouds(28, 3)), sky, haze), p.below(line))
    image = _decor(p, image, [atlas["deciduous tree"]], (0.62, 0.72, 0.10, 0.18), 3, sky.light)
    flowers = [atlas[name] for name in ("tulip", "sunflower", "blossom", "rose", "hibiscus")]
    return _decor(p, image, flowers, (0.80, 1.0, 0.045, 0.085), 9, sky.light)


def _snow(p: Painter, sky: Sky, atlas: dict[str, Tensor]) -> Tensor:
    image = sky.image
    for i, (base, height, haze) in enumerate(((0.58, 0.08, 0.5), (0.66, 0.07, 0.2), (0.78, 0.04, 0.0))):
        line = p.ridge(base, height, 1.5, 4, 0.42)
        snow = mix(p.colour((0.72, 0.82, 0.96)), p.colour((0.97, 0.98, 1.0)), ((p.y - line) * 5).clamp(0, 1))
        snow = snow * sky.light * (0.95 + 0.08 * p.clouds(20, 2))
        image = mix(image, _hazy(snow, sky, haze * 0.6), p.below(line))
        if i < 2:
            rows = (base + 0.02, base + 0.10, 0.08, 0.16)
            image = _decor(p, image, [atlas["evergreen tree"]], rows, 4, sky.light * 0.75 + 0.25)
    return image
