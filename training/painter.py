"""Brushes of the scene generator: batches of noise, ridges, skies and sprites, in torch on any device."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

Colour = tuple[float, float, float]

# Of each time: the sky's top, the sky at the horizon, the light on things.
LIGHT: dict[str, tuple[Colour, Colour, Colour]] = {
    "day": ((0.16, 0.45, 0.90), (0.74, 0.90, 1.0), (1.0, 1.0, 1.0)),
    "sunset": ((0.25, 0.13, 0.43), (1.0, 0.47, 0.16), (0.95, 0.62, 0.52)),
    "night": ((0.02, 0.03, 0.12), (0.10, 0.16, 0.38), (0.44, 0.50, 0.74)),
    "aurora": ((0.01, 0.03, 0.11), (0.05, 0.16, 0.26), (0.44, 0.62, 0.64)),
}


class Painter:
    """Draws batch pictures of side x side pixels at once. Colours are (B, 3, 1, 1) in [0, 1].

    x, y: (B, 1, side, side), 0 to 1 from the upper left. generator: all chance comes from it.
    """

    def __init__(self, side: int, batch: int, generator: torch.Generator, device: str = "cpu") -> None:
        self.side, self.batch, self.device, self._generator = side, batch, device, generator
        ramp = (torch.arange(side, device=device) + 0.5) / side
        self.y = ramp.view(1, 1, side, 1).expand(batch, 1, side, side)
        self.x = ramp.view(1, 1, 1, side).expand(batch, 1, side, side)

    def uniform(self, low: float = 0.0, high: float = 1.0, *shape: int) -> Tensor:
        """(B, *shape) between low and high; (B, 1, 1, 1) without a shape."""
        return low + (high - low) * self._rand(self.batch, *(shape or (1, 1, 1)))

    def colour(self, colour: Colour, jitter: float = 0.0) -> Tensor:
        base = torch.tensor(colour, device=self.device).view(1, 3, 1, 1).expand(self.batch, 3, 1, 1)
        noise = torch.randn(self.batch, 3, 1, 1, device=self.device, generator=self._generator)
        return (base + jitter * noise).clamp(0, 1)

    def clouds(self, frequency: float, octaves: int, wide: float = 1.0, height: int | None = None) -> Tensor:
        """(B, 1, height or side, side) of fractal noise in [0, 1]. wide: columns for each row of its lattice."""
        rows, total, amplitude, weight = height or self.side, torch.zeros(()), 1.0, 0.0
        for octave in range(octaves):
            steps = frequency * 2**octave
            size = (min(max(2, int(steps) + 1), rows), min(max(2, int(steps * wide) + 1), self.side))
            mode = "bicubic" if octave < 2 else "bilinear"
            lattice = self._rand(self.batch, 1, *size)
            layer = functional.interpolate(lattice, size=(rows, self.side), mode=mode, align_corners=True)
            total, weight = total + amplitude * layer, weight + amplitude
            amplitude *= 0.5
        return total / weight

    def ridge(self, base: Tensor | float, height: float, frequency: float, octaves: int, gain: float = 0.5) -> Tensor:
        """(B, 1, 1, side): the height of a skyline over x, about base."""
        total, amplitude, weight = torch.zeros(()), 1.0, 0.0
        for octave in range(octaves):
            points = min(int(frequency * 2**octave) + 2, self.side)
            lattice = self._rand(self.batch, 1, points)
            layer = functional.interpolate(lattice, size=self.side, mode="linear", align_corners=True)
            total, weight = total + amplitude * layer, weight + amplitude
            amplitude *= gain
        return base - height * (total / weight - 0.5).unsqueeze(2) * 2

    def below(self, line: Tensor | float, soft: float = 1.0) -> Tensor:
        """1 below line, 0 above it."""
        return ((self.y - line) * self.side / soft + 0.5).clamp(0, 1)

    def disc(self, x: Tensor, y: Tensor, radius: Tensor) -> tuple[Tensor, Tensor]:
        """The mask of a disc, and the distance from its centre."""
        distance = ((self.x - x) ** 2 + (self.y - y) ** 2).sqrt()
        return ((radius - distance) * self.side / 1.5 + 0.5).clamp(0, 1), distance

    def specks(self, share: float) -> Tensor:
        """(B, 1, side, side): a random number above 0 in that share of the pixels, else 0."""
        return ((self._rand(self.batch, 1, self.side, self.side) - 1 + share) / share).clamp(0, 1)

    def grid(self, rows: int, columns: int) -> Tensor:
        """(B, 1, side, side) of rows x columns random numbers, each a block."""
        return functional.interpolate(self._rand(self.batch, 1, rows, columns), size=(self.side,) * 2, mode="nearest")

    def sprite(self, image: Tensor, sprites: Tensor, x: Tensor, foot: Tensor, size: Tensor, light: Tensor) -> Tensor:
        """image with sprites (B, 4, S, S), premultiplied in [0, 1], standing at (x, foot), size of the side high."""
        theta = torch.zeros(self.batch, 2, 3, device=self.device)
        scale = 1 / size.view(-1)
        theta[:, 0, 0] = theta[:, 1, 1] = scale
        theta[:, 0, 2] = -(2 * x.view(-1) - 1) * scale
        theta[:, 1, 2] = -(2 * (foot.view(-1) - size.view(-1) / 2) - 1) * scale
        shrink = sprites.shape[-1] / (float(size.mean()) * self.side)
        if shrink >= 1.9:  # grid_sample alone would alias
            sprites = functional.avg_pool2d(sprites, int(shrink + 0.1))
        grid = functional.affine_grid(theta, [self.batch, 4, self.side, self.side], align_corners=False)
        out = functional.grid_sample(sprites, grid, padding_mode="zeros", align_corners=False)
        return image * (1 - out[:, 3:]) + out[:, :3] * light

    def shadow(self, image: Tensor, x: Tensor, foot: Tensor, size: Tensor, strength: Tensor | float) -> Tensor:
        distance = ((self.x - x) / (size * 0.42)) ** 2 + ((self.y - foot + 0.01) / (size * 0.09)) ** 2
        return image * (1 - strength * 0.42 * torch.exp(-distance * 1.2))

    def pick(self, sprites: Sequence[Tensor]) -> Tensor:
        """(B, 4, S, S) in [0, 1]: for each picture one of sprites, (4, S, S) uint8."""
        chosen = torch.randint(len(sprites), (self.batch,), generator=self._generator, device=self.device)
        return torch.stack([sprites[int(i)] for i in chosen]).float() / 255

    def _rand(self, *shape: int) -> Tensor:
        return torch.rand(*shape, device=self.device, generator=self._generator)


def mix(a: Tensor, b: Tensor, share: Tensor | float) -> Tensor:
    """a where share is 0, b where it is 1."""
    return a + (b - a) * share


def luminance(image: Tensor) -> Tensor:
    """(B, 1, H, W) of an RGB picture."""
    weights = torch.tensor([0.3, 0.59, 0.11], device=image.device).view(1, 3, 1, 1)
    return (image * weights).sum(1, keepdim=True)
