"""What the next frame needs of the frames before it."""

from collections.abc import Callable
from dataclasses import dataclass

from dreamreel.animation.noise import FrameNoise
from dreamreel.imaging.color import Counts
from dreamreel.imaging.warp2d import Image


@dataclass(frozen=True, eq=False)
class AnimationState:
    """Between two frames: all that is carried over, and nothing of it lives on a device.

    frame_idx: the frame to draw next. image: the last frame (H, W, 3) uint8, None before the first;
    the 8-bit image is the state, as in the original, so a lossless file of it is a checkpoint.
    reference: colour distribution to match (count_levels), None until frame 1 set it.
    noise: gives the next frame's noise, if somebody is drawing it (draw_noise says what it is in any case).
    """

    frame_idx: int
    image: Image | None
    reference: Counts | None
    noise: Callable[[], FrameNoise] | None = None


FIRST = AnimationState(frame_idx=0, image=None, reference=None)
