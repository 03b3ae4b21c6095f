"""What a feature is: a frozen dataclass of its own numbers, planned without torch, run as a generator of calls.

A frame is read top-down through a few slots (stretch.py); a slot's type is here, and what stands in it in features.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from dreamreel.diffusion.calls import Host, ask
from dreamreel.imaging.warp2d import Image, Levels, Picture
from dreamreel.schedule.series import Floats

if TYPE_CHECKING:
    from torch import Tensor

    from dreamreel.animation.field import Field
    from dreamreel.animation.given import Given
    from dreamreel.animation.plan import AnimationPlan
    from dreamreel.diffusion.calls import Calls, Lora, Phrase
    from dreamreel.diffusion.denoiser import Guidance
    from dreamreel.diffusion.draws import Draws
    from dreamreel.diffusion.sampling import Sampler
    from dreamreel.diffusion.space import LatentSpace

# ("frame", 6): the finished frame 6. ("exact", 6): the same before its levels were cut, (H, W, 3) float32.
# ("key", 6): what was diffused for frame 6, where that is not shown as it is.
PictureName = tuple[Literal["frame", "exact", "key"], int]
Pictures = Mapping[PictureName, Picture]
Row = dict[str, float | int | str]
Sample = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Context:
    """All that a step may look at: no clock, no disk, no device.

    pictures: those that the features need at idx. memo: by feature, what follows from pictures and is dear to work out
    again; without it the same is computed again, later.
    """

    plan: AnimationPlan
    idx: int
    space: LatentSpace
    pictures: Pictures
    memo: dict[object, NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class FrameNoise:
    """sample: (1, 3, H, W) float32, what is added to the picture's sample; None for a frame from nothing.

    latents: (n, C, h, w) standard normals, those that the encoder, the start and each step take, in this order.
    """

    sample: Sample | None
    latents: Tensor


@dataclass(frozen=True, eq=False)
class Feature:
    """Base of all features.

    series: schedule field -> (N,), the feature's numbers; what it keeps beside them its row says, too.
    """

    FIELDS: ClassVar[tuple[Field, ...]] = ()
    series: Mapping[str, Floats]

    @classmethod
    def plan(cls, given: Given) -> Self | None:  # noqa: ARG003
        """The feature as given wants it; None if it does not. Raises InputError for whatever can only fail."""
        return cls({})

    def needs(self, idx: int) -> frozenset[PictureName]:  # noqa: ARG002
        """The pictures that drawing frame idx takes, and those that a later frame takes and the next does not make."""
        return frozenset()

    def acts(self, idx: int) -> bool:  # noqa: ARG002
        """Whether frame idx depends on the feature, where its slot is run."""
        return True

    def row(self, idx: int) -> Row:
        """The JSON numbers that decide frame idx, as people call them."""
        return {name: values[idx] for name, values in self._columns}

    @cached_property
    def _columns(self) -> tuple[tuple[str, list[float]], ...]:
        return tuple((name.removesuffix("_schedule"), values.tolist()) for name, values in self.series.items())


class Start(Feature):
    """The picture that a frame goes on from; None: from nothing."""

    def goes_on(self, idx: int) -> bool:
        """Whether frame idx has such a picture."""
        raise NotImplementedError

    def run(self, ctx: Context) -> Calls[Image | None]:
        """That picture."""
        raise NotImplementedError


class ImageStep(Feature):
    """Moves, matching, filters: picture to picture."""

    def run(self, ctx: Context, image: Image) -> Calls[Image]:
        """image (H, W, 3) uint8 after the step."""
        raise NotImplementedError


class Motion(ImageStep):
    """A step that is how a picture gets from one frame to the next: what is not diffused is moved all the same."""

    def move(self, ctx: Context, image: Levels) -> Calls[Levels]:
        """image (H, W, 3) of frame ctx.idx - 1 as it stands in frame ctx.idx; floats stay unrounded."""
        raise NotImplementedError

    def run(self, ctx: Context, image: Image) -> Calls[Image]:
        return (yield from self.move(ctx, image))


class Scale(Feature):
    """The way from a picture's levels to the VAE's numbers."""

    def run(self, ctx: Context, image: Image) -> Calls[Sample]:
        """The sample (1, 3, H, W) of image, about [-1, 1]."""
        raise NotImplementedError


class Noise(Feature):
    """Where a frame's random numbers come from."""

    def draw(self, plan: AnimationPlan, space: LatentSpace, idx: int) -> FrameNoise:
        """All random numbers of frame idx: a function of the plan, so that they can be drawn before its turn."""
        raise NotImplementedError

    def run(
        self,
        ctx: Context,  # noqa: ARG002
        sample: Sample | None,
        drawn: Callable[[], FrameNoise],
    ) -> Calls[tuple[Tensor | None, Tensor]]:
        """The noised sample (None where there is none), and the normals of the latents."""
        return (yield from ask(Host("noise", partial(_noised, sample, drawn))))


def _noised(sample: Sample | None, drawn: Callable[[], FrameNoise]) -> tuple[Tensor | None, Tensor]:
    import torch

    noise = drawn()
    if sample is None:
        return None, noise.latents
    return torch.from_numpy(sample if noise.sample is None else sample + noise.sample), noise.latents


class Words(Feature):
    """What frames are drawn towards."""

    @property
    def prompts(self) -> tuple[str, ...]:
        """Every prompt that a frame shows."""
        raise NotImplementedError

    @property
    def phrases(self) -> Iterator[tuple[str | Phrase, int]]:
        """What the text encoder reads, and how many chunks of tokens it takes of each: prompts as they are, cut."""
        return ((prompt, 1) for prompt in self.prompts)

    def prompt(self, idx: int) -> str:
        """The prompt that frame idx shows, for people."""
        raise NotImplementedError

    @property
    def begins(self) -> tuple[int, ...]:
        """The frames, in order, at which a prompt begins."""
        raise NotImplementedError

    @property
    def loras(self) -> Mapping[str, str]:
        """By name the LoRAs that count in any frame, and the input that names each."""
        return {}

    def loras_at(self, idx: int) -> tuple[Lora, ...]:  # noqa: ARG002
        """The LoRAs that count in frame idx, by name."""
        return ()

    def all_loras(self, frames: NDArray[np.int64] | None = None) -> tuple[Lora, ...]:  # noqa: ARG002
        """Each LoRA that counts in any of these frames, or in any at all, as it counts in some frame."""
        return ()

    def run(self, ctx: Context) -> Calls[Guidance]:
        """The conditions of frame ctx.idx."""
        raise NotImplementedError


class Sampling(Feature):
    """How a frame is diffused."""

    def sampler(self, idx: int) -> Sampler:
        """The one that draws frame idx."""
        raise NotImplementedError

    @property
    def evaluations(self) -> NDArray[np.int64]:
        """(N,), of the network, for each frame; each has a row for each condition."""
        raise NotImplementedError

    def draws(self, idx: int) -> int:
        """All normals shaped like the latents that frame idx takes."""
        return self.sampler(idx).draws(int(self.steps[idx]), from_nothing=idx == 0)

    @property
    def steps(self) -> NDArray[np.int64]:
        """(N,), sampler steps of each frame."""
        raise NotImplementedError

    def all_steps(self, idx: int) -> int:
        """The steps of a frame drawn from nothing, of which frame idx runs the last ones."""
        raise NotImplementedError

    def run(self, ctx: Context, guidance: Guidance, draws: Draws, sample: Tensor | None) -> Calls[Tensor]:
        """The latents of a frame from a noised sample, or from nothing."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Finished:
    """A frame as it is shown. image: (H, W, 3) uint8."""

    idx: int
    image: Image


@dataclass(frozen=True, eq=False)
class Emitted:
    """frames: finished, in order. hidden: pictures that are not shown, and that later frames may need."""

    frames: tuple[Finished, ...]
    hidden: Pictures = field(default_factory=dict)


class Spacing(Feature):
    """Which frames are diffused, and which are made from those. Frame 0 is diffused."""

    @property
    def keeps_fractions(self) -> bool:
        """Whether decoded pictures are taken with the fractions of their levels."""
        return False

    def count(self, wanted: int) -> int:
        """How many frames a film of so many has."""
        return wanted

    def are_diffused(self, count: int) -> NDArray[np.bool_]:
        """(count,), whether each frame is diffused."""
        return np.ones(count, bool)

    def diffused(self, idx: int) -> int:
        """The frame with whose diffusion frame idx is finished: itself, or one before it."""
        return idx

    def following(self, idx: int) -> int:
        """The frame that is diffused after frame idx, before which all are finished; may be past the end."""
        return idx + 1

    def emit(self, ctx: Context, image: Picture) -> Calls[Emitted]:
        """What is finished with the diffused image (H, W, 3) of ctx.idx."""
        raise NotImplementedError
