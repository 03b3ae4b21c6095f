"""One door to every accelerator that torch knows (CUDA, ROCm as cuda, XPU, MPS): what is there, its memory, its words.

Questions go to the module of the device's kind (torch.cuda, torch.xpu); one that it does not have is answered for it.
"""

import re
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar

import torch

Answer = TypeVar("Answer")
# Kinds on which memory that is pinned is copied beside the work.
PINNING = ("cuda", "xpu")
# How memory that ran out is said: torch's allocators, and the libraries below that ask for memory of their own.
OUT_OF_MEMORY = re.compile(
    r"can't allocate memory|not enough memory|out of (device |host )?memory|std::bad_alloc|cannot allocate memory"
    r"|CU(BLAS|DNN|SOLVER|SPARSE|FFT)_STATUS_(INTERNAL_ERROR_)?(ALLOC_FAILED|HOST_ALLOCATION_FAILED)|CUFFT_ALLOC_FAILED"
    r"|hipErrorOutOfMemory|(HIPBLAS|ROCBLAS|MIOPEN)_?STATUS_(ALLOC_FAILED|MEMORY_ERROR)|miopenStatusAllocFailed"
    r"|Invalid buffer size"
    r"|OUT_OF_(DEVICE_|HOST_)?(MEMORY|RESOURCES)|failed to allocate memory",
    re.IGNORECASE,
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether error says that memory ran out, of this machine or of a device."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and OUT_OF_MEMORY.search(str(error)) is not None


def best() -> str:
    """The kind of the accelerator that is here (cuda, xpu, mps); cpu where there is none that can compute."""
    if torch.cuda.is_available():
        return "cuda"
    if torch.backends.mps.is_available():
        return "mps"
    return "xpu" if torch.xpu.is_available() else "cpu"


def has_fast_halves(device: torch.device | str) -> bool:
    """Whether it computes 16-bit numbers faster than float32: CUDA since Volta, ROCm, XPU."""
    device = torch.device(device)
    if device.type == "cuda" and not torch.version.hip:
        return _asked("cuda", "get_device_capability", (0, 0), device) >= (7, 0)
    return device.type in ("cuda", "xpu")


def count(kind: str) -> int:
    """How many devices of that kind there are."""
    if kind == "cpu":
        return 1
    return int(_asked(kind, "device_count", 1))


def is_accelerator(device: torch.device | str) -> bool:
    """Whether it is not the CPU."""
    return torch.device(device).type not in ("cpu", "meta")


def name_of(device: torch.device | str) -> str:
    """What its maker calls it."""
    device = torch.device(device)
    if device.type == "mps":
        return "Apple GPU"
    return str(_asked(device.type, "get_device_name", device.type, device))


def driver() -> str:
    """What torch was built for and what drives the devices, in words; empty on a CPU alone."""
    kind = best()
    if kind == "cuda" and torch.version.hip:
        return f"ROCm {torch.version.hip}"
    if kind == "cuda":
        number = int(getattr(torch._C, "_cuda_getDriverVersion", lambda: 0)())
        known = f", driver for CUDA {number // 1000}.{number % 1000 // 10}" if number else ""
        return f"CUDA {torch.version.cuda}{known}"
    return {"mps": "Metal", "xpu": f"XPU {getattr(torch.version, 'xpu', None) or ''}".strip()}.get(kind, "")


def memory(device: torch.device | str) -> tuple[int, int] | None:
    """(free, total) bytes of an accelerator; None where nobody says."""
    device = torch.device(device)
    if device.type == "mps":
        most = int(torch.mps.recommended_max_memory())
        return max(most - int(torch.mps.driver_allocated_memory()), 0), most
    nobody_says: tuple[int, int] | None = None
    return _asked(device.type, "mem_get_info", nobody_says, device)


def kept_bytes(device: torch.device | str) -> int:
    """Memory that torch keeps for later and nobody uses: it is free for whoever asks torch."""
    device = torch.device(device)
    if device.type == "mps":
        return max(int(torch.mps.driver_allocated_memory()) - int(torch.mps.current_allocated_memory()), 0)
    reserved = _asked(device.type, "memory_reserved", 0, device)
    return int(reserved) - int(_asked(device.type, "memory_allocated", 0, device))


def empty_cache() -> None:
    """Gives what torch keeps for later back to the devices."""
    for kind in ("cuda", "xpu", "mps"):
        if _is_available(kind):
            _asked(kind, "empty_cache", None)


def synchronize(device: torch.device | str) -> None:
    """Waits until the device has done what it was given."""
    device = torch.device(device)
    if is_accelerator(device):
        _asked(device.type, "synchronize", None)


def pins(device: torch.device | str) -> bool:
    """Whether a copy from or to pinned memory of this machine goes on while the device works."""
    return torch.device(device).type in PINNING


def choose(device: torch.device) -> None:
    """Makes it the current one of its kind, whose streams and events are those that are meant without a name."""
    if device.index is not None and is_accelerator(device):
        _asked(device.type, "set_device", None, device)


def event(device: torch.device | str, is_timed: bool = False) -> torch.Event:
    """A mark in what the device is given to do. is_timed: whether it tells the time to another such."""
    return torch.Event(torch.device(device), enable_timing=is_timed)


def has_clock(device: torch.device | str) -> bool:
    """Whether events can be timed: the device does its work later than it is given, so that our clock says little."""
    try:
        return is_accelerator(device) and event(device, is_timed=True) is not None
    except (RuntimeError, NotImplementedError, AssertionError):
        return False


def peak_bytes(device: torch.device | str, work: Callable[[], object]) -> int | None:
    """What work takes of the device's memory at most, beside what is taken already; None where nobody says."""
    device, nobody_says = torch.device(device), -1
    _asked(device.type, "reset_peak_memory_stats", None, device)
    before = _asked(device.type, "memory_allocated", nobody_says, device)
    work()
    synchronize(device)
    most = _asked(device.type, "max_memory_allocated", nobody_says, device)
    return None if nobody_says in (before, most) else int(most) - int(before)


def _is_available(kind: str) -> bool:
    return torch.backends.mps.is_available() if kind == "mps" else bool(_asked(kind, "is_available", False))


def _asked(kind: str, question: str, otherwise: Answer, *about: object) -> Answer:
    """What the module of that kind of device answers; otherwise where it has no such function or cannot say."""
    module: ModuleType | None = getattr(torch, kind, None)
    function: Callable[..., Any] | None = getattr(module, question, None)
    if function is None:
        return otherwise
    try:
        answer: Answer = function(*about)
        return answer
    except (RuntimeError, NotImplementedError, AssertionError):
        return otherwise
