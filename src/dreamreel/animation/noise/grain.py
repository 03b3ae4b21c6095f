"""Noise laid over the 8-bit picture: grains, even or in clouds. Source: the A1111 extension, `add_noise`."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Self

from dreamreel.animation.feature import Context, FrameNoise, ImageStep, Noise
from dreamreel.animation.field import Field, Usual, choice
from dreamreel.animation.given import Given
from dreamreel.animation.limits import unusual
from dreamreel.animation.noise.normals import mixed_start, source_of, start_number
from dreamreel.animation.noise.original import NOISE
from dreamreel.diffusion.calls import Calls, Host, ask
from dreamreel.diffusion.cells import Cells, grain_size
from dreamreel.errors import InputError
from dreamreel.imaging.grain import clouds, grain, lay_over
from dreamreel.imaging.warp2d import Image

if TYPE_CHECKING:
    from dreamreel.animation.plan import AnimationPlan
    from dreamreel.diffusion.space import LatentSpace

NOISE_TYPE = choice(
    "noise_type",
    "gaussian",
    "The noise that each picture gets before it is drawn over: added to it (gaussian, the original), laid over it in "
    "grains (uniform), or in grains that come in clouds (perlin)",
    ("gaussian", "uniform", "perlin"),
    group="coherence",
)
WIDTH, HEIGHT = (
    Field(
        f"perlin_{side[0]}",
        "integer",
        8,
        f"Perlin noise: how many of its widest clouds stand along the {side}",
        minimum=1,
        maximum=512,
        label=f"Perlin clouds along the {side}",
        group="coherence",
        unit="clouds",
    )
    for side in ("width", "height")
)
OCTAVES = Field(
    "perlin_octaves",
    "integer",
    4,
    "Perlin noise: how many layers of clouds there are, each half as wide as the one before",
    minimum=0,
    maximum=9,
    usual=Usual(
        "there are no clouds, and the grains are even and half as strong; noise_type uniform has them whole", 1
    ),
    group="coherence",
)
PERSISTENCE = Field(
    "perlin_persistence",
    "number",
    0.5,
    "Perlin noise: how strong each octave is, as a share of the one before",
    minimum=0,
    maximum=100,
    group="coherence",
    unit="share",
)


@dataclass(frozen=True, eq=False)
class Grain(ImageStep):
    """Grains about a middle grey, in place of a share of the picture.

    cells: of clouds; None for even grains. bgr: whether the first channel of the noise is blue's, as in the extension.
    """

    FIELDS: ClassVar[tuple[Field, ...]] = (NOISE, NOISE_TYPE, WIDTH, HEIGHT, OCTAVES, PERSISTENCE)
    size: tuple[int, int]
    cells: Cells | None
    persistence: float
    bgr: bool

    @classmethod
    def plan(cls, given: Given) -> Self | None:
        kind = given.text(NOISE_TYPE.name)
        wide, high, octaves = (int(given.number(field.name)) for field in (WIDTH, HEIGHT, OCTAVES))
        persistence = given.number(PERSISTENCE.name)
        if kind == "gaussian":
            return None
        if given.profile.grains_in_64s:
            _check_sides(given.canvas.width, given.canvas.height, kind == "uniform")
        rows, columns = (wide, high) if given.profile.tall_perlin else (high, wide)
        cells = Cells(rows, columns, octaves)
        if kind == "perlin":
            given.notes.extend(unusual(OCTAVES, octaves))
            _check(cells, grain_size(given.canvas.width, given.canvas.height))
        series = {NOISE.name: given.series(NOISE.name)}
        size = (given.canvas.width, given.canvas.height)
        return cls(series, size, cells if kind == "perlin" else None, persistence, given.profile.bgr)

    def acts(self, idx: int) -> bool:
        return bool(self.series[NOISE.name][idx] != 0)

    def run(self, ctx: Context, image: Image) -> Calls[Image]:
        if not self.acts(ctx.idx):
            return image
        amount, seed = float(self.series[NOISE.name][ctx.idx]), int(ctx.plan.seeding.grains[ctx.idx])
        return (yield from ask(Host("noise", partial(self._noised, image, seed, amount))))

    def _noised(self, image: Image, seed: int, amount: float) -> Image:
        from dreamreel.diffusion.grains import draw_grains

        normals, angles = draw_grains(seed, *self.size, self.cells)
        field = clouds(angles, self.persistence, grain_size(*self.size)) if self.cells else None
        grains = grain(normals[::-1] if self.bgr else normals, field)
        return lay_over(image, grains, amount)


class SeededNoise(Noise):
    """A frame's own generator for its latents, which takes nothing from other frames; the picture's noise is Grain's.

    Its first numbers are those from which a picture is drawn, so that a seed of AUTOMATIC1111's means the same here.
    """

    FIELDS: ClassVar[tuple[Field, ...]] = (NOISE_TYPE,)

    @classmethod
    def plan(cls, given: Given) -> Self | None:
        return None if given.text(NOISE_TYPE.name) == "gaussian" else cls({})

    def draw(self, plan: "AnimationPlan", space: "LatentSpace", idx: int) -> FrameNoise:
        import torch

        source, shape = source_of(plan, idx), space.shape(plan.canvas.width, plan.canvas.height)
        drawn = [source.draw(shape) for _ in range(plan.sampling.draws(idx))]
        drawn[0] = mixed_start(plan, idx, drawn[0])
        # (encoder, start, steps) is how they are taken; ddim takes none for the encoder where there is no picture.
        in_turn = [drawn[-1], *drawn[:-1]] if start_number(plan, idx) else drawn
        return FrameNoise(None, torch.cat(in_turn))


def _check_sides(width: int, height: int, evenly: bool) -> None:
    """Raises InputError for a size on which the A1111 extension fails."""
    for name, side in (("width", width), ("height", height)):
        if side < 64 or (evenly and side % 64):
            what = "on multiples of 64 pixels" if evenly else "on sides of 64 pixels and more"
            message = f"a {name} of {side} pixels: the extension lays grains {what}"
            raise InputError(NOISE_TYPE.name, f"{message}; take {max(64, side // 64 * 64)}, or profile dreamreel")


def _check(cells: Cells, size: tuple[int, int]) -> None:
    """Raises InputError where the smallest clouds are not a whole number of pixels."""
    finest = 2 ** max(cells.octaves - 1, 0)
    for count, side, name in ((cells.rows, size[0], "height"), (cells.columns, size[1], "width")):
        if cells.octaves and side % (count * finest):
            fitting = [each for each in range(count, 0, -1) if side % (each * finest) == 0]
            way = f"take {fitting[0]} clouds" if fitting else "take fewer octaves"
            message = f"of {cells.octaves} octaves of {count} clouds do not divide the {name}'s {side} pixels; {way}"
            raise InputError(OCTAVES.name, message)
