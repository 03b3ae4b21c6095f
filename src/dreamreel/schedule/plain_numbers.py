"""The way most schedules are written, `0: (1.04), 50: (1.1)`, read in one pass: it means the same in every profile."""

import re

_NUMBER = r"-?[0-9]{1,9}(?:\.[0-9]{1,15})?"
_KEY = rf"[0-9]{{1,9}}: ?\({_NUMBER}\)"
_PLAIN = re.compile(rf"{_KEY}(?:, ?{_KEY})*")
_PARTS = re.compile(rf"([0-9]{{1,9}}): ?\(({_NUMBER})\)")


def plain_points(text: str, num_frames: int) -> dict[int, float] | None:
    """Frame -> value of a text that is nothing but numbers at rising frames of the film, from 0 on.

    None for any other: nothing is said here of what is left out, comes twice, or lies past the end.
    """
    if _PLAIN.fullmatch(text) is None:
        return None
    points: dict[int, float] = {}
    last = -1
    for key, number in _PARTS.findall(text):
        frame = int(key)
        if not last < frame < num_frames or (last < 0 and frame > 0):
            return None
        points[frame] = float(number)
        last = frame
    return points
