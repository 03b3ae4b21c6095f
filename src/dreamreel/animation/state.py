"""What the next frames need of the frames before them."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dreamreel.animation.feature import Finished, FrameNoise, PictureName, Pictures
from dreamreel.animation.plan import AnimationPlan
from dreamreel.imaging.warp2d import Picture


@dataclass(frozen=True, eq=False)
class State:
    """Between two stretches: all that is carried over, and nothing of it lives on a device.

    next_idx: the frame to diffuse next; all before it are finished. pictures: those that the plan needs for it, frames
    in 8 bits and what is not shown, so that lossless files of them are a checkpoint. noise: gives the next frame's
    noise, if a thread is drawing it. memo: see Context. Of the last two nothing depends.
    """

    next_idx: int = 0
    pictures: Pictures = field(default_factory=dict)
    noise: Callable[[], FrameNoise] | None = None
    memo: dict[object, NDArray[np.int64]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Drawn:
    """A stretch: the frames that it finished, in order, and the state after them.

    evaluations: of the network, which it took.
    """

    frames: tuple[Finished, ...]
    state: State
    evaluations: int


def resume(plan: AnimationPlan, num_frames: int, picture: Callable[[PictureName], Picture | None]) -> State:
    """The state to go on from after num_frames finished frames, from their pictures alone.

    It begins the last stretch before which all frames are among them, and whose pictures are all there: frames of one
    that was stopped in the middle are drawn again. picture: gives one by its name, None if it is lost.
    """
    for idx in range(min(num_frames, plan.num_frames), 0, -1):
        if idx < plan.num_frames and not plan.is_diffused[idx]:
            continue
        found = {name: picture(name) for name in plan.needs(idx)}
        kept = {name: image for name, image in found.items() if image is not None}
        if len(kept) == len(found):
            return State(idx, kept)
    return State()
