"""OpenCV, imported when a picture is first touched: `from dreamreel.imaging import opencv as cv2`.

Checking an animation touches none, and need not wait for it. So no module asks for anything here while it is imported.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    import cv2

    value = globals()[name] = getattr(cv2, name)
    return value
