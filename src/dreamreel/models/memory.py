"""Memory of devices: how much is free, and giving back what nobody uses any more."""

import ctypes
import sys
from pathlib import Path

from dreamreel.models.accelerators import empty_cache, memory


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
