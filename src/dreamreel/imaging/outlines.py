"""A picture's outlines, as ControlNets are shown them: white on black. Pictures are (H, W, 3) uint8 RGB.

Sources: OpenCV for Canny's; the webui's ControlNet extension for what `lineart_standard` and `scribble_xdog` mean.
"""

import numpy as np
from numpy.typing import NDArray

from dreamreel.imaging import opencv as cv2

Image = NDArray[np.uint8]
# Widths of the blurs, in pixels.
LINES = 6.0
FINE, COARSE = 0.5, 5.0


def canny(image: Image, low: float, high: float) -> Image:
    """Canny's edges: those steeper than high, and what of those steeper than low hangs together with them."""
    edges = cv2.Canny(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), low, high)
    return _grey(edges)


def lineart(image: Image) -> Image:
    """Lines that are darker than what is around them."""
    levels = image.astype(np.float32)
    darker = np.min(cv2.GaussianBlur(levels, (0, 0), LINES) - levels, axis=2).clip(0, 255)
    seen = darker[darker > 8]
    typical = max(16.0, float(np.median(seen))) if seen.size else 16.0
    return _grey((darker / typical * 127).clip(0, 255).astype(np.uint8))


def scribble(image: Image, threshold: float) -> Image:
    """Strokes where two blurs of the picture differ by more than half the threshold."""
    levels = image.astype(np.float32)
    fine, coarse = (cv2.GaussianBlur(levels, (0, 0), width) for width in (FINE, COARSE))
    differing = np.min(coarse - fine, axis=2).clip(0, 255)
    return _grey(np.where(2 * differing > threshold, 255, 0).astype(np.uint8))


def invert(image: Image) -> Image:
    """Black for white: lines drawn on paper, as ControlNets of lines take them."""
    return np.asarray(255 - image, np.uint8)


def _grey(levels: Image) -> Image:
    """(H, W) as a picture."""
    return np.repeat(levels[:, :, None], 3, axis=2)
