"""Where a picture is taken from: a scene is drawn through the camera's matrix, so that nothing is empty or blurred."""

import math
import random
from dataclasses import dataclass

import skia

NEAREST, FARTHEST = 3.0, 0.3


@dataclass(frozen=True)
class Camera:
    """What the frame shows of a world whose usual picture is the unit square, y downwards.

    scale: 2 is twice as near. angle: degrees that the picture turns by, as Deforum's angle, counter-clockwise.
    x, y: what lies in the middle of the frame.
    """

    scale: float = 1.0
    angle: float = 0.0
    x: float = 0.5
    y: float = 0.5

    def matrix(self, side: int) -> skia.Matrix:
        """World -> pixels of a frame of side x side."""
        matrix = skia.Matrix()
        matrix.setTranslate(-self.x, -self.y)
        matrix.postScale(self.scale, self.scale)
        matrix.postRotate(-self.angle)
        matrix.postTranslate(0.5, 0.5)
        matrix.postScale(side, side)
        return matrix

    def moved(self, zoom: float = 1.0, angle: float = 0.0, x: float = 0.0, y: float = 0.0) -> "Camera":
        """After one step of a film: the picture nearer by zoom, turned by angle, shifted by x, y of its side."""
        turn, scale = math.radians(self.angle + angle), self.scale * zoom
        right = (x * math.cos(turn) - y * math.sin(turn)) / scale
        down = (x * math.sin(turn) + y * math.cos(turn)) / scale
        return Camera(scale, self.angle + angle, self.x - right, self.y - down)


USUAL = Camera()


def any_camera(r: random.Random) -> Camera:
    """Any scale from FARTHEST to NEAREST, any angle, most near upright, shifted to the edges and beyond."""
    scale = math.exp(min(math.log(NEAREST), max(math.log(FARTHEST), r.gauss(-0.05, 0.62))))
    # No narrow peak at upright: films would turn back to it.
    angle = r.uniform(-60, 60) if r.random() < 0.75 else r.uniform(-180, 180)
    spread = 0.55 * max(0.65, scale**-0.5)
    return Camera(scale, angle, 0.5 + r.uniform(-spread, spread), 0.52 + r.uniform(-spread, spread) * 0.9)
