"""How far a picture has drifted from a film's first: level, contrast and hue, from a sample of its pixels."""

import math
from dataclasses import dataclass

import numpy as np

from dreamreel.imaging.warp2d import Image

# Every nth pixel of every nth row, so that there are at most about so many.
MOST_PIXELS = 16_384
# Levels. Of less contrast, or colour, there is no ratio and no hue to speak of.
LEAST = 1.0


@dataclass(frozen=True)
class Tone:
    """Of one picture. level: mean brightness, 0 to 255. contrast: its standard deviation, in levels.

    color: mean of the pixels' places on the colour circle, red along the first axis, in levels.
    """

    level: float
    contrast: float
    color: tuple[float, float]


@dataclass(frozen=True)
class Drift:
    """From one picture to another. level: in levels, brighter is above 0. contrast: factor. hue: degrees, -180 to 180.

    contrast, hue: None where the first has none, hue also where the other has none.
    """

    level: float
    contrast: float | None
    hue: float | None

    def to_dict(self) -> dict[str, float | None]:
        """As JSON."""
        return {"level": self.level, "contrast": self.contrast, "hue": self.hue}

    def __str__(self) -> str:
        said = [f"level {self.level:+.1f}"]
        said += [] if self.contrast is None else [f"contrast {self.contrast:.2f}"]
        return ", ".join([*said, *([] if self.hue is None else [f"hue {self.hue:+.0f}°"])])


def tone_of(image: Image) -> Tone:
    """The tone of image (H, W, 3) uint8 RGB."""
    every = max(1, math.ceil(math.sqrt(image.shape[0] * image.shape[1] / MOST_PIXELS)))
    red, green, blue = (image[::every, ::every, channel].astype(np.float64) for channel in range(3))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    color = (float((red - (green + blue) / 2).mean()), float((green - blue).mean() * math.sqrt(3) / 2))
    return Tone(float(luma.mean()), float(luma.std()), color)


def drift(first: Tone, later: Tone) -> Drift:
    """What later is against first, rounded to what can be seen."""
    contrast = round(later.contrast / first.contrast, 3) if first.contrast >= LEAST else None
    hue = None
    if min(math.hypot(*first.color), math.hypot(*later.color)) >= LEAST:
        turned = _angle(later) - _angle(first)
        hue = round((round(turned, 1) + 180) % 360 - 180, 1)
    return Drift(round(later.level - first.level, 2), contrast, hue)


def _angle(tone: Tone) -> float:
    return math.degrees(math.atan2(tone.color[1], tone.color[0]))
