"""What the next frames need of the frames before them."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dreamreel.animation.feature import Finished, FrameNoise, PictureName, Pictures
from dreamreel.animation.plan import AnimationPlan
from dreamreel.imaging.warp2d import Image


@dataclass(frozen=True, eq=False)
class State:
    """Between two stretches: all that is carried over, and nothing of it lives on a device.

    next_idx: the frame to diffuse next. pictures: those that the plan needs for it, 8 bit, as in the original: so
    lossless files of them are a checkpoint. noise: gives the next frame's noise, if somebody is drawing it. memo: see
    Context. Of the last two nothing depends.
    """

    next_idx: int = 0
    pictures: Pictures = field(default_factory=dict)
    noise: Callable[[], FrameNoise] | None = None
    memo: dict[object, NDArray[np.int64]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Drawn:
    """A stretch: the frames that it finished, in order, and the state after them."""

    frames: tuple[Finished, ...]
    state: State


def resume(plan: AnimationPlan, num_frames: int, picture: Callable[[PictureName], Image | None]) -> State:
    """The state after the last stretch, of those that num_frames finished frames hold, whose pictures are all there.

    picture: gives one by its name, None if it is lost.
    """
    for idx in range(num_frames, 0, -1):
        found = {name: picture(name) for name in plan.needs(idx)}
        kept = {name: image for name, image in found.items() if image is not None}
        if len(kept) == len(found):
            return State(idx, kept)
    return State()
