"""How much a model takes: of memory when it is loaded, and of the disk. No torch here."""

import math
from pathlib import Path

from dreamreel.models.catalog import Location
from dreamreel.models.headers import Tensors, read_names
from dreamreel.models.layout import parts_of, read_json
from dreamreel.models.ldm_keys import EMA, UNET
from dreamreel.models.parts import weight_files


def disk_bytes(location: Location) -> int:
    """What the files at location take."""
    paths = location.path.rglob("*") if location.is_folder else (location.path,)
    return sum(path.stat().st_size for path in paths if path.is_file())


def num_bytes(location: Location, item_bytes: int) -> int:
    """What the weights at location take when they are loaded, item_bytes each. Reads headers alone.

    Raises ModelError.
    """
    if not location.is_folder:
        return _of_file(location.path, item_bytes)
    parts = parts_of(read_json(location.path / "model_index.json"))
    files = [path for part in parts for path in weight_files(location.path / part)]
    return sum(_of_file(path, item_bytes) for path in files)


def _of_file(path: Path, item_bytes: int) -> int:
    found = read_names(path)
    if not isinstance(found, Tensors):
        return path.stat().st_size
    # The running average of a training is left in the file where the UNet lies beside it.
    left = EMA if any(name.startswith(UNET) for name in found.shapes) else ()
    return item_bytes * sum(math.prod(shape) for name, shape in found.shapes.items() if not name.startswith(left))
