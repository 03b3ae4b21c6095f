"""Scenes of training.grammar -> pictures: a backdrop, a subject, a moved camera, a style."""

import math
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from training.grammar import FLYING, NAMES, REAL_PLACES, SUBJECTS, TIMES, Scene, caption, random_scene
from training.painter import Colour, Painter, luminance, mix
from training.places import Backdrop, draw_place

SOFT: dict[str, tuple[Colour, Colour, Colour]] = {  # the plain backdrop: above, below, light
    "day": ((0.30, 0.60, 0.95), (0.80, 0.92, 1.0), (1.0, 1.0, 1.0)),
    "sunset": ((0.45, 0.22, 0.50), (1.0, 0.60, 0.30), (1.0, 0.85, 0.75)),
    "night": ((0.03, 0.04, 0.16), (0.14, 0.20, 0.44), (0.6, 0.65, 0.85)),
    "aurora": ((0.02, 0.04, 0.14), (0.10, 0.62, 0.45), (0.6, 0.8, 0.8)),
}


def draw_backdrops(
    atlas: dict[str, Tensor], side: int, per_place: int, seed: int, device: str = "cpu"
) -> list[Backdrop]:
    """per_place backdrops of every place at every time, in the order that SceneMaker wants; uint8 pictures."""
    generator = torch.Generator(device=device).manual_seed(seed)
    painter, drawn = Painter(side, per_place, generator, device), []
    for place, time in backdrop_keys():
        backdrop = draw_place(painter, place, time, atlas)
        image = (backdrop.image * 255 + 0.5).to(torch.uint8).cpu()
        drawn.append(Backdrop(image, backdrop.light.cpu(), backdrop.ground, backdrop.floats))
    return drawn


def backdrop_keys() -> list[tuple[str, str]]:
    return [(place, time) for place in REAL_PLACES for time in (TIMES if place != "space" else ("day",))]


class SceneMaker:
    """Pictures with their scenes and captions, without end. All chance comes from seed.

    folder: of training.data, with atlas.pt and backdrops.pt. side: of the pictures, 256 or a half of it.
    device: where they are drawn; on a GPU some thousand a second.
    """

    def __init__(self, folder: Path, seed: int, side: int = 256, device: str = "cpu") -> None:
        self.random, self.side, self._device = random.Random(seed), side, device
        self._generator = torch.Generator(device=device).manual_seed(seed)
        atlas = torch.load(folder / "atlas.pt")
        sprites = torch.stack([atlas[SUBJECTS[name][0]] for name in NAMES])
        self._sprites = sprites.to(device).float() / 255
        keys, drawn = backdrop_keys(), torch.load(folder / "backdrops.pt", weights_only=False)
        self._backdrops = dict(zip(keys, (self._fitted(backdrop) for backdrop in drawn), strict=True))

    def batches(self, count: int, batch: int = 16, held_out: bool = True, moved: float = 0.25
                ) -> Iterator[tuple[Tensor, list[str], list[Scene]]]:  # fmt: skip
        """count pictures (B, 3, side, side) in [0, 1] with captions and scenes. moved: share with a moved camera."""
        for start in range(0, count, batch):
            scenes = [random_scene(self.random, held_out) for _ in range(min(batch, count - start))]
            yield self.draw(scenes, moved), [caption(self.random, scene) for scene in scenes], scenes

    @torch.inference_mode()
    def draw(self, scenes: Sequence[Scene], moved: float = 0.0) -> Tensor:
        """(B, 3, side, side) in [0, 1]."""
        painter = Painter(self.side, len(scenes), self._generator, self._device)
        backs = [self._backdrop(scene) for scene in scenes]
        image, light = torch.cat([back.image for back in backs]), torch.cat([back.light for back in backs])
        stands = [self._stand(scene, back) for scene, back in zip(scenes, backs, strict=True)]
        place = torch.tensor(stands, device=self._device)
        x, foot, size, shade = place.view(-1, 4, 1, 1, 1).unbind(1)
        nothing = torch.zeros_like(self._sprites[0])
        sprites = [self._sprites[NAMES.index(s.subject)] if s.subject else nothing for s in scenes]
        image = painter.shadow(image, x, foot, size, shade)
        image = painter.sprite(image, torch.stack(sprites), x, foot, size, light)
        for i in range(len(scenes)):
            if self.random.random() < moved:
                image[i : i + 1] = self._moved(image[i : i + 1])
        for style in ("watercolor", "bw"):
            if rows := [i for i, scene in enumerate(scenes) if scene.style == style]:
                image[rows] = self._styled(image[rows], style)
        return image.clamp(0, 1)

    def _fitted(self, backdrop: Backdrop) -> Backdrop:
        shrink = backdrop.image.shape[-1] // self.side
        image = backdrop.image
        if shrink > 1:
            image = functional.avg_pool2d(image.float(), shrink).to(torch.uint8)
        return Backdrop(image.to(self._device), backdrop.light.to(self._device), backdrop.ground, backdrop.floats)

    def _backdrop(self, scene: Scene) -> Backdrop:
        if scene.place == "plain":
            return self._soft(scene.time)
        kept = self._backdrops[(scene.place, scene.time)]
        i = self.random.randrange(len(kept.image))
        image = kept.image[i : i + 1].float() / 255
        image = image.flip(3) if self.random.random() < 0.5 else image
        return Backdrop(image, kept.light[i : i + 1] * 0.65 + 0.35, kept.ground, kept.floats)

    def _soft(self, time: str) -> Backdrop:
        above, below, light = SOFT[time]
        p = Painter(self.side, 1, self._generator, self._device)
        image = mix(p.colour(above, 0.02), p.colour(below, 0.02), p.y)
        image = image * (1.04 - 0.35 * ((p.x - 0.5) ** 2 + (p.y - 0.45) ** 2))
        return Backdrop(image, p.colour(light), (0.9, 0.97), floats=True)

    def _stand(self, scene: Scene, back: Backdrop) -> tuple[float, float, float, float]:
        """x, foot and size of the subject, and how dark its shadow is."""
        r = self.random
        size, x = r.uniform(0.54, 0.64), 0.5 + max(-0.1, min(0.1, r.gauss(0, 0.03)))
        floats = back.floats
        if scene.portrait:
            size, foot = r.uniform(0.80, 0.88), r.uniform(0.95, 1.0)
        elif scene.subject in FLYING or scene.place == "space":
            foot, floats = 0.5 + size / 2 + r.uniform(-0.05, 0.05), True
        elif floats:
            foot = 0.5 + size / 2 + r.uniform(-0.02, 0.08)
        else:
            foot = r.uniform(0.84, 0.92)
        lit = floats or scene.portrait or not scene.subject or scene.place == "sea"
        return x, foot, size, 0.0 if lit else 1.0

    def _moved(self, image: Tensor) -> Tensor:
        """A turned, nearer or farther camera: a Deforum loop feeds such frames back."""
        r = self.random
        angle, zoom = r.gauss(0, 0.12), r.uniform(0.95, 1.3)
        cos, sin = math.cos(angle) / zoom, math.sin(angle) / zoom
        theta = torch.tensor([[cos, -sin, r.uniform(-0.08, 0.08)], [sin, cos, r.uniform(-0.08, 0.08)]])
        grid = functional.affine_grid(theta[None].to(image), list(image.shape), align_corners=False)
        return functional.grid_sample(image, grid, padding_mode="reflection", align_corners=False)

    def _styled(self, image: Tensor, style: str) -> Tensor:
        if style == "bw":
            return ((luminance(image) - 0.5) * 1.15 + 0.5).clamp(0, 1).expand(-1, 3, -1, -1)
        p = Painter(self.side, len(image), self._generator, self._device)
        warp = (torch.cat([p.clouds(8, 3), p.clouds(8, 3)], 1) - 0.5) * 0.04
        grid = torch.cat([(p.x + warp[:, :1]) * 2 - 1, (p.y + warp[:, 1:]) * 2 - 1], 1).permute(0, 2, 3, 1)
        flat = kuwahara(image, max(1, 3 * self.side // 256))
        flat = functional.grid_sample(flat, grid, padding_mode="reflection", align_corners=False)
        pigment = (0.80 + 0.30 * p.clouds(5, 3)) * 0.85
        grey = luminance(flat)
        paint = 1 - (1 - (grey + (flat - grey) * 1.1).clamp(0, 1)) * pigment - 0.3 * edges(flat)
        from_middle = torch.maximum((p.x - 0.5).abs(), (p.y - 0.5).abs()) + 0.12 * (p.clouds(7, 2) - 0.5)
        return mix(torch.full_like(paint, 0.97), paint, ((0.47 - from_middle) / 0.03).clamp(0, 1)).clamp(0, 1)


def kuwahara(image: Tensor, radius: int) -> Tensor:
    """The mean of the calmest of four neighbouring squares: paint instead of texture."""
    padded, side = functional.pad(image, (radius,) * 4, mode="reflect"), radius + 1
    mean = functional.avg_pool2d(padded, side, 1)
    spread = functional.avg_pool2d((padded**2).sum(1, keepdim=True), side, 1) - (mean**2).sum(1, keepdim=True)
    height, width = image.shape[-2:]
    corners = [(0, 0), (0, radius), (radius, 0), (radius, radius)]
    spreads = torch.stack([spread[:, :, y : y + height, x : x + width] for y, x in corners])
    means = torch.stack([mean[:, :, y : y + height, x : x + width] for y, x in corners])
    return means.gather(0, spreads.argmin(0, keepdim=True).expand(1, *image.shape))[0]


def edges(image: Tensor) -> Tensor:
    """(B, 1, H, W): the slope of the luminance."""
    grey = functional.pad(luminance(image), (1, 1, 1, 1), mode="replicate")
    right = grey[:, :, 1:-1, 2:] - grey[:, :, 1:-1, :-2]
    down = grey[:, :, 2:, 1:-1] - grey[:, :, :-2, 1:-1]
    return (right**2 + down**2).sqrt()
