"""The 2D camera move: one matrix from angle, zoom and translation, applied by OpenCV.

Source: replicate.py, `anim_frame_warp_2d`. OpenCV below 5: version 5 replaced the fixed-point
arithmetic of warpPerspective, and 4 % of the values would differ by up to 2 levels.
"""

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Matrix = NDArray[np.float64]
Border = Literal["wrap", "replicate"]

_BORDERS = {"wrap": cv2.BORDER_WRAP, "replicate": cv2.BORDER_REPLICATE}


def build_matrix(
    width: int, height: int, angle: float, zoom: float, translation_x: float, translation_y: float
) -> Matrix:
    """(3, 3) float64, source pixel -> target pixel: translate first, then rotate and zoom about the centre.

    angle: degrees, counter-clockwise. zoom: factor, above 1 moves in. translation: pixels, right and
    down; it is rotated and zoomed with the picture, as in the original. The centre is
    (width // 2, height // 2), half a pixel off the true one, so a pure zoom drifts a little.
    """
    rotation = cv2.getRotationMatrix2D((width // 2, height // 2), angle, zoom)
    translation = np.array([[1, 0, translation_x], [0, 1, translation_y]], np.float32)
    last_row = np.array([[0, 0, 1]])
    matrix: Matrix = np.vstack([rotation, last_row]) @ np.vstack([translation, last_row])
    return matrix


def warp(image: Image, matrix: Matrix, border: Border = "wrap") -> Image:
    """image (H, W, 3) moved by matrix, bilinear; what comes in at the edge is wrapped or repeated."""
    height, width = image.shape[:2]
    warped = cv2.warpPerspective(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=_BORDERS[border])
    return np.asarray(warped, np.uint8)
