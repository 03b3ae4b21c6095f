"""How much a model takes: of memory when it is loaded, and of the disk. No torch here."""

import math
from pathlib import Path

from dreamreel.models.catalog import Location
from dreamreel.models.headers import Tensors, read_names
from dreamreel.models.layout import parts_of, read_json
from dreamreel.models.parts import weight_files


def disk_bytes(location: Location) -> int:
    """What the files at location take."""
    paths = location.path.rglob("*") if location.is_folder else (location.path,)
    return sum(path.stat().st_size for path in paths if path.is_file())


def num_bytes(location: Location, item_bytes: int) -> int:
    """What the weights at location take when they are loaded, item_bytes each. Reads headers alone.

    Of a pickle, which has none, the size of its file counts. Raises ModelError.
    """
    if not location.is_folder:
        return _of_file(location.path, item_bytes)
    parts = parts_of(read_json(location.path / "model_index.json"))
    files = [path for part in parts for path in weight_files(location.path / part)]
    return sum(_of_file(path, item_bytes) for path in files)


def _of_file(path: Path, item_bytes: int) -> int:
    found = read_names(path, pickles=False)
    if not isinstance(found, Tensors):
        return path.stat().st_size
    return item_bytes * sum(math.prod(shape) for shape in found.shapes.values())
