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
from training.camera import USUAL, Camera
from training.grammar import SHARES, Scene, random_scene_of

SIDE = 128  # pixels of the drawings: a latent is made of means, which need no more
VIEWS = 2  # moved cameras for each scene, beside its usual one


@dataclass(frozen=True, eq=False)
class Example:
    """latent: (12, 16, 16). figures: (16, 16), 1 where a hero or its edge is. Both in half precision."""

    latent: Tensor
    figures: Tensor
    scene: Scene


@dataclass(eq=False)
class Shelf:
    """Up to size examples; the oldest goes first."""

    size: int
    examples: list[Example] = field(default_factory=list)
    at: int = 0

    def put(self, example: Example) -> None:
        if len(self.examples) < self.size:
            self.examples.append(example)
            return
        self.examples[self.at] = example
        self.at = (self.at + 1) % self.size


class Pool:
    """usual: scenes of each hero from their usual cameras. moved: the same ones from others. All chance is seed's.

    Heroes come in turn, as often as grammar.SHARES says. variety: of what is drawn from now on.
    """

    def __init__(self, seed: int, size: int = 16384, variety: poster.Variety = poster.FULL) -> None:
        self.random, self.variety = random.Random(seed), variety
        total = sum(SHARES.values())
        self.usual = {subject: Shelf(size * share // total) for subject, share in SHARES.items()}
        self.moved = {subject: Shelf(VIEWS * size * share // total) for subject, share in SHARES.items()}
        self.num = 0
        self._drawn, self._taken = _Turns(self.random), _Turns(self.random)
        # Its encoder only.
        self._vae = AnchoredVAE(block_out_channels=(1, 1, 1, 1), blocks=(0, 0, 0), mid_blocks=0).eval()

    def grow(self, num: int) -> None:
        """Draws num more scenes."""
        for _ in range(num):
            subject = self.next_subject()
            world = poster.draw(random_scene_of(self.random, subject), self.random, self.variety)
            self.usual[subject].put(self.example(world, USUAL))
            for _ in range(VIEWS):
                camera = poster.view(world, self.random, SIDE // 2)
                self.moved[subject].put(self.example(world, camera))
            self.num += 1

    def next_subject(self) -> str | None:
        """Whose turn it is to be drawn."""
        return self._drawn.next()

    def example(self, world: poster.World, camera: Camera) -> Example:
        latent = self.latent(world.drawing.picture(camera, SIDE))
        drawn = torch.from_numpy(world.drawing.figures(camera, 32)).float()[None] / 255
        figures = functional.max_pool2d(functional.avg_pool2d(drawn, 2), 3, 1, 1)[0]
        return Example(latent, figures.half(), world.seen_from(camera))

    @torch.inference_mode()
    def latent(self, picture: NDArray[np.uint8]) -> Tensor:
        """(12, 16, 16) in half precision, of a picture (SIDE, SIDE, 3)."""
        pixels = torch.from_numpy(picture).permute(2, 0, 1).float()[None] / 127.5 - 1
        return self.packed(functional.avg_pool2d(pixels, CELL * SIDE // 256)[0]).half()

    def packed(self, small: Tensor) -> Tensor:
        """The latent (12, 16, 16) of a small picture (3, 32, 32) in [-1, 1]."""
        latent: Tensor = self._vae.packed(small[None])
        return latent[0]

    def small(self, latent: Tensor) -> Tensor:
        """The small picture (3, 32, 32) of a latent (12, 16, 16)."""
        small: Tensor = self._vae.small(latent[None])
        return small[0]

    def batch(self, shares: list[float]) -> tuple[Tensor, Tensor, list[Scene]]:
        """Latents (B, 12, 16, 16), figures (B, 1, 16, 16) and scenes; shares: of each row, how likely its camera is
        moved."""
        rows = []
        for share in shares:
            subject, shelves = self._taken.next(), self.moved if self.random.random() < share else self.usual
            rows.append(self.random.choice(shelves[subject].examples))
        latents, figures = (
            torch.stack(tensors).float() for tensors in zip(*((e.latent, e.figures) for e in rows), strict=True)
        )
        return latents, figures[:, None], [example.scene for example in rows]


class _Turns:
    """Heroes in random order, each as often as its share before the order is shuffled anew."""

    def __init__(self, r: random.Random) -> None:
        self._random, self._rest = r, list[str | None]()

    def next(self) -> str | None:
        if not self._rest:
            self._rest = [subject for subject, share in SHARES.items() for _ in range(share)]
            self._random.shuffle(self._rest)
        return self._rest.pop()
