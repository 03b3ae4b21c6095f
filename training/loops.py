"""Films as the UNet sees them: its own pictures, moved by a camera, beside what the scene looks like from there.

In a film every frame is drawn over the one before, and what is wrong in that one is learned by nobody who sees clean
pictures only: heroes melt. Scenes are vectors, so the right picture of each moved camera is there to learn from.
"""

import random
from dataclasses import dataclass, field

import cv2
import numpy as np
import torch
from torch import Tensor

from training import poster
from training.camera import USUAL, Camera
from training.grammar import Scene, random_scene_of
from training.pool import Pool
from training.poster import CALM

# Frames of a film. In longer ones where heroes are drifts away from what is right; what is learned of those is to put
# heroes where most are, and no film follows its camera.
OLDEST = 4
# The most that a frame moves: nearer or farther, degrees, of the frame's side. More than films are asked for: with no
# more than that, heroes were pulled back to the middle.
ZOOM, TURN, SHIFT = 0.06, 4.0, 0.03
STILL, USUAL_SHARE = 0.1, 0.05  # how often a film does not move, and how often it starts at the usual camera
# How often a film's prompt changes at a frame, and how often the hero stays then. What comes is a calm world, so that
# it can be known what to draw, from the same camera: were it the usual one, films would go back to that at any time.
# Without such films, a change of prompt found another hero in the old one's shapes.
CHANGE, SAME_HERO = 0.1, 0.3


@dataclass(eq=False)
class Film:
    """own: the latent (12, 16, 16) of the frame that the UNet drew last. age: frames since it was a real one.

    changed: whether this frame is the first of another prompt.
    """

    world: poster.World
    camera: Camera
    own: Tensor
    zoom: float
    angle: float
    right: float
    age: int = 0
    changed: bool = False


@dataclass(eq=False)
class Films:
    """num films, more than a batch takes; each ends at an age of up to OLDEST frames, and another begins."""

    pool: Pool
    num: int
    films: list[Film] = field(default_factory=list)

    def fill(self, latents: Tensor, figures: Tensor, scenes: list[Scene], num: int) -> tuple[Tensor, list[Film]]:
        """Writes what is right into the first num rows of a batch (Pool.batch), each of a film moved by a frame.

        Returns what the rows are drawn over (B, 12, 16, 16), and the films.
        """
        while len(self.films) < self.num:
            self.films.append(self._begun())
        given, taken = latents.clone(), []
        for i in range(num):
            film = self.films.pop(self.pool.random.randrange(len(self.films)))
            self._go_on(film)
            right = self.pool.example(film.world, film.camera)
            given[i], latents[i], figures[i, 0], scenes[i] = self._moved(film), right.latent, right.figures, right.scene
            taken.append(film)
        return given, taken

    def put(self, films: list[Film], drawn: Tensor) -> None:
        """Takes films back, with the frames drawn of them (N, 12, 16, 16)."""
        for film, own in zip(films, drawn.detach(), strict=True):
            film.own, film.age = own.clone(), film.age + 1
            if film.age < OLDEST * self.pool.random.random() ** 0.5:
                self.films.append(film)

    def _begun(self) -> Film:
        r, pool = self.pool.random, self.pool
        world = poster.draw(random_scene_of(r, pool.next_subject()), r, pool.variety)
        camera = USUAL if r.random() < USUAL_SHARE else poster.view(world, r, 64)
        zoom, angle, right = _motion(r)
        return Film(world, camera, pool.example(world, camera).latent.float(), zoom, angle, right)

    def _go_on(self, film: Film) -> None:
        """To the next frame: the camera moves, and now and then the scene is another one."""
        r = self.pool.random
        film.camera = film.camera.moved(film.zoom, film.angle, film.right)
        film.changed = r.random() < CHANGE
        if film.changed:
            subject = film.world.scene.subject if r.random() < SAME_HERO else self.pool.next_subject()
            film.world = poster.draw(random_scene_of(r, subject), r, CALM)

    def _moved(self, film: Film) -> Tensor:
        small = self.pool.small(film.own).permute(1, 2, 0).numpy()
        side = small.shape[0]
        matrix = cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), film.angle, film.zoom)
        matrix[0, 2] += film.right * side
        warped = cv2.warpAffine(
            np.ascontiguousarray(small), matrix, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        return self.pool.packed(torch.from_numpy(warped).permute(2, 0, 1))


def _motion(r: random.Random) -> tuple[float, float, float]:
    """Zoom, degrees and shift to the right of a film, the same for each of its frames."""
    if r.random() < STILL:
        return 1.0, 0.0, 0.0
    return 1 + r.uniform(-ZOOM, ZOOM), r.uniform(-TURN, TURN) * (r.random() < 0.6), r.uniform(-SHIFT, SHIFT)
