"""The 2D camera move: one matrix from angle, zoom and translation, applied by OpenCV.

Source: replicate.py, `anim_frame_warp_2d`. OpenCV below 5: version 5 replaced the fixed-point
arithmetic of warpPerspective, and 4 % of the values would differ by up to 2 levels.
"""

import math
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from dreamreel.imaging import opencv as cv2
from dreamreel.imaging.trigonometry import cosine_and_sine, fused

Image = NDArray[np.uint8]
Matrix = NDArray[np.float64]
# A picture whose levels may have fractions.
Picture = Image | NDArray[np.float32]
Levels = TypeVar("Levels", bound=NDArray[np.generic])
Border = Literal["wrap", "replicate"]


def build_matrix(
    width: int,
    height: int,
    angle: float,
    zoom: float,
    translation_x: float,
    translation_y: float,
    center: tuple[float, float] | None = None,
) -> Matrix:
    """(3, 3) float64, source pixel -> target pixel: translate first, then rotate and zoom about the centre.

    angle: degrees, counter-clockwise. zoom: factor, above 1 moves in. translation: pixels, right and
    down; it is rotated and zoomed with the picture, as in the original. center: pixels; without one it is
    (width // 2, height // 2), half a pixel off the true one, so a pure zoom drifts a little.
    """
    # In place of OpenCV's getRotationMatrix2D and NumPy's product, whose last bits are the CPU's.
    cosine, sine = cosine_and_sine(float(angle) * (math.pi / 180))
    alpha, beta = float(zoom) * cosine, float(zoom) * sine
    x, y = (
        (width // 2, height // 2) if center is None else np.asarray(center, np.float32).tolist()
    )  # as OpenCV takes them
    with np.errstate(over="ignore"):
        tx, ty = float(np.float32(translation_x)), float(np.float32(translation_y))
    rows = ((alpha, beta, (1 - alpha) * x - beta * y), (-beta, alpha, beta * x + (1 - alpha) * y))
    # Products fused with sums, as BLAS does on CPUs that can.
    moved = [[a, b, fused(b, ty, a * tx) + rest] for a, b, rest in rows]
    return np.array([*moved, [0, 0, 1]], np.float64)


def warp(image: Levels, matrix: Matrix, border: Border = "wrap") -> Levels:
    """image (H, W, 3) moved by matrix, bilinear; what comes in at the edge is wrapped or repeated.

    Floats stay unrounded.
    """
    height, width = image.shape[:2]
    mode = cv2.BORDER_WRAP if border == "wrap" else cv2.BORDER_REPLICATE
    warped = cv2.warpPerspective(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=mode)
    return warped.astype(image.dtype, copy=False)
