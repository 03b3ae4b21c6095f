"""Pictures for the UNet, drawn while it trains: latents and the scenes that they show, old ones making room for new."""

import random
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from dreamreel.models.anchored_vae import CELL, AnchoredVAE
from training import poster
from training.camera import USUAL
from training.grammar import Scene, random_scene

SIDE = 128  # pixels of the drawings: a latent is made of means, which need no more
VIEWS = 3  # moved cameras for each scene, beside its usual one


@dataclass(eq=False)
class Shelf:
    """Up to size latents with their scenes; the oldest goes first."""

    size: int
    latents: list[Tensor] = field(default_factory=list)
    scenes: list[Scene] = field(default_factory=list)
    at: int = 0

    def put(self, latent: Tensor, scene: Scene) -> None:
        if len(self.scenes) < self.size:
            self.latents.append(latent)
            self.scenes.append(scene)
            return
        self.latents[self.at], self.scenes[self.at] = latent, scene
        self.at = (self.at + 1) % self.size

    def take(self, r: random.Random) -> tuple[Tensor, Scene]:
        i = r.randrange(len(self.scenes))
        return self.latents[i], self.scenes[i]


class Pool:
    """usual: scenes from their usual cameras. moved: the same ones from others. All chance comes from seed.

    variety: of what is drawn from now on.
    """

    def __init__(self, seed: int, size: int = 8192, variety: poster.Variety = poster.FULL) -> None:
        self.random, self.variety = random.Random(seed), variety
        self.usual, self.moved = Shelf(size), Shelf(VIEWS * size)
        self._vae = AnchoredVAE(block_out_channels=(1, 1, 1, 1), blocks=(0, 0, 0)).eval()  # its encoder only

    def grow(self, num: int) -> None:
        """Draws num more scenes."""
        for _ in range(num):
            world = poster.draw(random_scene(self.random), self.random, self.variety)
            self.usual.put(self.latent(world.drawing.picture(USUAL, SIDE)), world.scene)
            for _ in range(VIEWS):
                camera = poster.view(world, self.random, SIDE // 2, self.variety)
                self.moved.put(self.latent(world.drawing.picture(camera, SIDE)), world.seen_from(camera))

    @torch.inference_mode()
    def latent(self, picture: NDArray[np.uint8]) -> Tensor:
        """(12, 16, 16) in half precision, of a picture (SIDE, SIDE, 3)."""
        pixels = torch.from_numpy(picture).permute(2, 0, 1).float()[None] / 127.5 - 1
        latent: Tensor = self._vae.packed(functional.avg_pool2d(pixels, CELL * SIDE // 256))
        return latent[0].half()

    def batch(self, shares: list[float]) -> tuple[Tensor, list[Scene]]:
        """Latents (B, 12, 16, 16) and scenes; shares: of each row, how likely its camera is moved."""
        rows = [(self.moved if self.random.random() < share else self.usual).take(self.random) for share in shares]
        return torch.stack([latent for latent, _ in rows]).float(), [scene for _, scene in rows]
