"""The picture turned in space, seen through a lens: the family's 2D perspective flip.

Source: notebook 0.7 and the A1111 extension, `warpMatrix` and `get_flip_perspective_matrix` (after nicolai256's).
"""

import math

import numpy as np

from dreamreel.imaging import opencv as cv2
from dreamreel.imaging.warp2d import Matrix


def flip_matrix(width: int, height: int, theta: float, phi: float, gamma: float, fv: float) -> Matrix:
    """(3, 3) float64, source pixel -> target pixel, of a picture turned about its centre.

    theta, phi, gamma: degrees in the picture's plane, about its width, about its height. fv: the field of view, degrees
    above 0 and below 180. As in the source, a picture that is not turned is 1 - 0.9 / diagonal as large as before.
    """
    half = math.radians(fv / 2)
    side = math.hypot(width, height) / math.cos(half)
    turned = _corners(width, height, theta, phi, gamma, half)
    corners = np.array([[0, height], [width, height], [width, 0], [0, 0]], np.float32)
    to = ((turned + 1) * (side * 0.5)).astype(np.float32)
    shift = np.eye(3)
    # In the source a float32 array.
    shift[:2, 2] = np.asarray([(width - side) / 2, (height - side) / 2], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(corners, to), np.float64) @ shift


def _corners(width: int, height: int, theta: float, phi: float, gamma: float, half: float) -> Matrix:
    """(4, 2), the corners as the lens projects them, from top left on, each way in [-1, 1] where they are seen."""
    diagonal = math.hypot(width, height)
    distance = diagonal / (2 * math.sin(half))
    near, far = distance - diagonal / 2, distance + diagonal / 2
    # The source leaves a 1 in the lens' last place, and so stands one pixel further off.
    back, lens = np.eye(4), np.eye(4)
    back[2, 3] = -distance
    lens[0, 0] = lens[1, 1] = 1 / math.tan(half)
    lens[2, 2:], lens[3, 2] = (-(far + near) / (far - near), -2 * far * near / (far - near)), -1
    turned = lens @ back @ _about(0, phi) @ _about(1, gamma) @ _about(2, theta)
    x, y = width / 2, height / 2
    corners = np.array([[[-x, y, 0], [x, y, 0], [x, -y, 0], [-x, -y, 0]]], np.float64)
    return np.asarray(cv2.perspectiveTransform(corners, turned)[0, :, :2], np.float64)


def _about(axis: int, degrees: float) -> Matrix:
    """(4, 4), the turn about an axis."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    first, second = [(1, 2), (2, 0), (0, 1)][axis]
    turn = np.eye(4)
    turn[first, first] = turn[second, second] = cosine
    turn[first, second], turn[second, first] = -sine, sine
    return turn
