"""Whether a film follows its camera, and stays sharp: measured on frames, whatever drew them.

Between neighbouring frames the similarity transform that explains the optical flow best is held against the one that
was asked for. Pictures moved by a true warp give 0.92 to 1.0; a film that stands still gives 0.
"""

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]  # (H, W, 3)
NUM_FRAMES = 24
FIRST = 4  # the first frames still find their composition
ZOOM_IN, ZOOM_OUT, TURN, PAN = 1.04, 0.97, 2.0, 4.0
# Motion -> the inputs of dreamreel.render that ask for it.
MOTIONS: dict[str, dict[str, str]] = {
    "zoom in": {"zoom": f"0: ({ZOOM_IN})"},
    "zoom out": {"zoom": f"0: ({ZOOM_OUT})"},
    "turn": {"zoom": "0: (1.0)", "angle": f"0: ({TURN})"},
    "pan": {"zoom": "0: (1.0)", "translation_x": f"0: ({PAN})"},
}
PROMPTS = (
    "a castle by the sea at sunset", "a fox in a snowy forest", "a sailboat on the sea", "a house in a meadow",
    "a rocket in the desert at night", "a sunflower in the mountains",
)  # fmt: skip


def similarity(before: Picture, after: Picture) -> tuple[float, float, float]:
    """Scale, angle in degrees (as Deforum counts them) and shift to the right in pixels of the middle."""
    grey = [cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) for each in (before, after)]
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(*grey, None)
    height, width = grey[0].shape
    ys, xs = np.mgrid[8 : height - 8 : 4, 8 : width - 8 : 4]
    points = np.stack([xs, ys], -1).reshape(-1, 2).astype(np.float32)
    slopes = _slopes(grey[0])[ys, xs].reshape(-1)
    keep = slopes > np.percentile(slopes, 50)  # where there is something to see
    moved = points + flow[ys, xs].reshape(-1, 2)
    matrix, _ = cv2.estimateAffinePartial2D(points[keep], moved[keep], ransacReprojThreshold=0.7, confidence=0.999)
    if matrix is None:
        return 1.0, 0.0, 0.0
    middle = matrix @ np.array([width / 2, height / 2, 1])
    angle = -math.degrees(math.atan2(matrix[1, 0], matrix[0, 0]))
    return math.hypot(matrix[0, 0], matrix[1, 0]), angle, float(middle[0] - width / 2)


def followed(frames: Sequence[Picture], motion: str) -> float:
    """The motion that the frames show over the one that was asked for, from frame FIRST on; 1 is all of it."""
    rows = np.array([similarity(a, b) for a, b in zip(frames[FIRST:-1], frames[FIRST + 1 :], strict=True)])
    if motion in ("zoom in", "zoom out"):
        return float(np.log(rows[:, 0]).mean() / math.log(ZOOM_IN if motion == "zoom in" else ZOOM_OUT))
    return float(rows[:, 1].mean() / TURN if motion == "turn" else rows[:, 2].mean() / PAN)


def sharpness(picture: Picture) -> float:
    """The mean slope of its grey values."""
    return float(_slopes(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)).mean())


def _slopes(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
