"""Memory of devices: how much is free, how much a model takes, and giving back what nobody uses any more."""

import ctypes
import math
import sys
from pathlib import Path

from dreamreel.models.accelerators import empty_cache, memory
from dreamreel.models.catalog import Location
from dreamreel.models.headers import Tensors, read_names
from dreamreel.models.layout import parts_of, read_json
from dreamreel.models.parts import weight_files


def free_bytes(device: str | None) -> int | None:
    """Memory that is free on an accelerator, or on this machine for None; None if nobody says."""
    if device is not None:
        found = memory(device)
        return None if found is None else found[0]
    try:
        lines = Path("/proc/meminfo").read_text("utf-8").splitlines()
    except OSError:
        return None
    sizes = dict(line.split(":", 1) for line in lines)
    return int(sizes["MemAvailable"].split()[0]) * 1024 if "MemAvailable" in sizes else None


def give_back() -> None:
    """Gives memory that nobody uses back to the device and to the system, which libraries keep for later."""
    empty_cache()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's alone
        if trim is not None:
            trim(0)


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
