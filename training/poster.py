"""Scenes of training.grammar -> drawings in one style, flat as cut paper; as pictures and as depth maps.

A drawing is the whole world of a scene: any number of cameras may look at it.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import skia
from numpy.typing import NDArray

from training.camera import USUAL, Camera, any_camera
from training.grammar import FLYING, Scene
from training.heroes import hero
from training.land import Land, shadow
from training.palettes import STYLES, WHITE
from training.pen import Drawing, solid
from training.places import PLACES

# A camera that sees less than this is taken back: it would teach that a film may end in a flat colour.
LEAST_DETAIL = 0.035
TRIES = 12


@dataclass(frozen=True)
class Variety:
    """How different the worlds of one caption are; what differs less is learned sooner.

    lands: how many there are of each place and time, or None where no two are alike. shift: of the hero's middle to
    either side. sizes: of the hero. far, near: how often it is.
    foot: the height at which every hero stands that does not float, or None where the place decides.
    """

    lands: int | None
    shift: float
    sizes: tuple[float, float]
    far: float
    near: float
    foot: float | None = None


FULL = Variety(None, 0.08, (0.46, 0.60), 0.12, 0.08)
CALM = Variety(4, 0.012, (0.57, 0.61), 0.0, 0.0, 0.87)


@dataclass(frozen=True)
class Stand:
    """Where a hero is. x: of its middle. foot: of its lower edge. size: its height; all in usual frames."""

    x: float
    foot: float
    size: float


@dataclass(frozen=True, eq=False)
class World:
    """A scene as drawn, and where its heroes are."""

    scene: Scene
    drawing: Drawing
    heroes: tuple[Stand, ...]

    def seen_from(self, camera: Camera) -> Scene:
        """The scene as the camera sees it: without the hero if too little of any is in the frame."""
        if self.scene.subject is None or any(_visible(stand, camera) for stand in self.heroes):
            return self.scene
        return replace(self.scene, subject=None, portrait=False)


def draw(scene: Scene, r: random.Random, variety: Variety = FULL) -> World:
    """The world of scene; all its chance comes from r."""
    place, horizon = PLACES[scene.place]
    chance = r
    if variety.lands:
        chance = random.Random(f"{scene.place} {scene.time} {r.randrange(variety.lands)}")
    land = Land(chance, scene.time, horizon + (chance.uniform(-0.03, 0.03) if scene.place == "sea" else 0.0))
    ground = place(land)
    land.drawing.style = scene.style
    heroes = []
    if scene.subject:
        first = _stand(scene, r, ground, variety)
        for stand in (*_companions(scene, first, r, ground), first):
            _place(land, scene, stand, ground)
            heroes.append(stand)
    return World(scene, land.drawing, tuple(heroes))


def view(world: World, r: random.Random, side: int = 128) -> Camera:
    """A moved camera that sees something."""
    for _ in range(TRIES):
        camera = any_camera(r)
        if detail(world.drawing.picture(camera, side)) >= LEAST_DETAIL:
            return camera
    return USUAL


def detail(picture: NDArray[np.uint8]) -> float:
    """How much there is to see: the mean slope between the means of 16 x 16 cells, with 1 from black to white."""
    side = len(picture) // 16
    cells = picture.reshape(16, side, 16, side, 3).mean((1, 3)) / 255
    return float(np.abs(np.diff(cells, axis=0)).mean() + np.abs(np.diff(cells, axis=1)).mean()) / 2


def pictures(scenes: Iterator[Scene], r: random.Random, moved: float = 0.0, side: int = 256
             ) -> Iterator[tuple[NDArray[np.uint8], Scene]]:  # fmt: skip
    """Each scene from its usual camera, or, with the chance moved, from any; and the scene as it is seen."""
    for scene in scenes:
        world = draw(scene, r)
        camera = view(world, r) if r.random() < moved else USUAL
        yield world.drawing.picture(camera, side), world.seen_from(camera)


def _stand(scene: Scene, r: random.Random, ground: float | None, variety: Variety) -> Stand:
    kind, x = r.random(), 0.5 + r.uniform(-variety.shift, variety.shift)
    is_far = kind < variety.far
    if scene.portrait:
        # The head and the shoulders fill the frame.
        size = r.uniform(1.45, 1.65) if variety.foot is None else r.uniform(1.53, 1.57)
        return Stand(x, (r.uniform(0.08, 0.13) if variety.foot is None else 0.1) + size, size)
    sizes = (0.25, 0.40) if is_far else (0.62, 0.8) if kind < variety.far + variety.near else variety.sizes
    size = r.uniform(*sizes)
    if is_far:
        x = 0.5 + r.uniform(-0.25, 0.25)
    if hero(scene.subject or "").height > 100:
        size *= 1.25
    if variety.foot is not None:
        foot = 0.5 + size / 2 if scene.subject in FLYING else variety.foot
        return Stand(x, foot + r.uniform(-0.01, 0.01), size)
    if ground is None or scene.subject in FLYING:
        return Stand(x, 0.5 + size / 2 + r.uniform(-0.06, 0.04), size)
    return Stand(x, ground + r.uniform(-0.02, 0.04) + max(0.0, size - 0.7) * 0.4, size)


def _companions(scene: Scene, first: Stand, r: random.Random, ground: float | None) -> list[Stand]:
    """Others of the hero's kind far beyond the frame, so that a film that leaves it comes to the next."""
    if scene.portrait or r.random() < 0.4:
        return []
    found = []
    for side in (-1, 1):
        if r.random() < 0.75:
            size = first.size * r.uniform(0.7, 1.1)
            down = r.uniform(-0.3, 0.3) if ground is None or scene.subject in FLYING else r.uniform(-0.03, 0.08)
            found.append(Stand(first.x + side * r.uniform(1.05, 1.7), first.foot + down, size))
    return found


def _place(land: Land, scene: Scene, stand: Stand, ground: float | None) -> None:
    assert scene.subject
    floats = ground is None or scene.subject in FLYING or scene.portrait
    near = land.drawing.near(max(stand.foot, 0.8) if floats else stand.foot)
    x, foot, size = stand.x, stand.foot, stand.size
    width = size * min(1.0, hero(scene.subject).width / hero(scene.subject).height)
    oval = skia.Path()
    if not floats and scene.place == "sea":
        oval.addOval(skia.Rect.MakeLTRB(x - width * 0.47, foot - size * 0.06, x + width * 0.47, foot + size * 0.025))
        land.drawing.path(oval, solid(WHITE, 0.35), None)
    elif not floats:
        oval.addOval(skia.Rect.MakeLTRB(x - width * 0.40, foot - size * 0.04, x + width * 0.40, foot + size * 0.03))
        land.drawing.path(oval, shadow(land.colours), None)
    drawn = hero(scene.subject).standing(x, foot, size, land.colours, scene.place == "space")
    land.drawing.figure(drawn, near)


def _visible(stand: Stand, camera: Camera) -> bool:
    """Whether a good part of the hero is in the frame."""
    points = [
        skia.Point(stand.x + dx * stand.size, stand.foot - up * stand.size)
        for dx in (-0.22, 0, 0.22)
        for up in (0.2, 0.45, 0.7)
    ]
    mapped = camera.matrix(1).mapPoints(points)
    return sum(0 < p.x() < 1 and 0 < p.y() < 1 for p in mapped) >= 3


__all__ = ["STYLES", "World", "detail", "draw", "pictures", "view"]
