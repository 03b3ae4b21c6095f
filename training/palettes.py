"""The colours: of the times of day, and the styles, which are palettes and not textures."""

import random
from dataclasses import dataclass

Colour = tuple[float, float, float]  # red, green, blue, 0 to 1


def rgb(hexadecimal: str) -> Colour:
    red, green, blue = (int(hexadecimal[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """a at share 0, b at share 1."""
    red, green, blue = (x + (y - x) * share for x, y in zip(a, b, strict=True))
    return red, green, blue


WHITE: Colour = (1.0, 1.0, 1.0)
BLACK: Colour = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Palette:
    """top, middle, low: of the sky. haze: what far things fade into. tint: of the light on things.

    disc: sun or moon. cloud: of clouds, and how opaque they are.
    """

    top: Colour
    middle: Colour
    low: Colour
    haze: Colour
    tint: Colour
    disc: Colour
    cloud: Colour
    cloud_alpha: float

    def lit(self, colour: Colour, haze: float = 0.0) -> Colour:
        """colour in this light, so far away that haze of it is air."""
        red, green, blue = (x * y for x, y in zip(colour, self.tint, strict=True))
        return mix((red, green, blue), self.haze, haze)


def _palette(top: str, middle: str, low: str, haze: str, tint: Colour, disc: str, cloud: str, alpha: float) -> Palette:
    return Palette(rgb(top), rgb(middle), rgb(low), rgb(haze), tint, rgb(disc), rgb(cloud), alpha)


TIMES: dict[str, tuple[Palette, ...]] = {
    "day": (
        _palette("#3FA7E1", "#8FD3F0", "#F4F1DA", "#CFE8EA", (1.0, 1.0, 1.0), "#FFF4C8", "#FFFFFF", 0.92),
        _palette("#57B8D9", "#A9DFE4", "#FBEFD5", "#DCE9DF", (1.0, 0.99, 0.95), "#FFF6D6", "#FFFFFF", 0.92),
    ),
    "sunset": (
        _palette("#4A2C70", "#D5556B", "#FFB866", "#F59A72", (0.90, 0.60, 0.60), "#FFE7AE", "#FFB8A0", 0.75),
        _palette("#2F3A7C", "#C96A8E", "#FFC58A", "#F0A48C", (0.84, 0.62, 0.68), "#FFEBC2", "#FFC0B0", 0.75),
    ),
    "night": (
        _palette("#0C1545", "#22357D", "#5470B4", "#3F5BA6", (0.38, 0.45, 0.78), "#FFF7DC", "#7385D1", 0.55),
        _palette("#141238", "#2F2C72", "#6A62AE", "#4F4A98", (0.44, 0.42, 0.76), "#FFF3D6", "#7385D1", 0.55),
    ),
    "aurora": (_palette("#06182F", "#0C3A4E", "#22706E", "#1C5F6B", (0.36, 0.60, 0.66), "#F4FFF4", "#7385D1", 0.0),),
}
AURORA: tuple[Colour, ...] = ((0.25, 0.95, 0.62), (0.35, 0.80, 0.95), (0.62, 0.45, 0.95))
SPACE = (("#120F3A", "#2B1C66", "#5B2C83"), ("#0B1138", "#1B2C6E", "#3E4FA8"), ("#1A0B33", "#4A1A5E", "#8C2F6B"))
PLANETS = ("#FF9E6D", "#7ADFBB", "#F2C14E", "#7FA8FF", "#E882B4")
NEBULAE = ("#FF7AB8", "#6AD0FF", "#B28CFF")

# Style -> rows of red, green and blue: their shares of the plain red, green and blue, and a constant.
Matrix = tuple[tuple[float, float, float, float], ...]
STYLES: dict[str, Matrix] = {
    "plain": ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0)),
    "watercolor": ((0.70, -0.02, -0.03, 0.29), (-0.03, 0.71, -0.03, 0.28), (-0.04, -0.02, 0.70, 0.31)),
    "bw": tuple((0.36, 0.72, 0.13, -0.06) for _ in range(3)),  # type: ignore[dict-item]
    "neon": ((0.92, 0.20, 0.16, -0.04), (0.10, 0.62, 0.22, -0.08), (0.38, 0.30, 0.62, 0.06)),
}


def pick(r: random.Random, time: str) -> Palette:
    return r.choice(TIMES[time])
