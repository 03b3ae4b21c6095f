"""How noise is divided that is laid over pictures: planning reads this, so that it imports no torch."""

from dataclasses import dataclass

# The extension cuts the sides of its noise to multiples of it.
MULTIPLE = 64


@dataclass(frozen=True)
class Cells:
    """Of clouds: rows, columns of the widest, and how many octaves."""

    rows: int
    columns: int
    octaves: int


def grain_size(width: int, height: int) -> tuple[int, int]:
    """(height, width) of the noise for a picture: the multiples of 64 below, at least 64."""
    return max(height - height % MULTIPLE, MULTIPLE), max(width - width % MULTIPLE, MULTIPLE)
