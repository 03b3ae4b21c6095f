"""Where and in what precision to compute."""

import contextlib
import platform
from pathlib import Path

import torch

from dreamreel.errors import ModelError
from dreamreel.models.accelerators import best, choose, has_fast_halves, is_accelerator, name_of, pins

PRECISIONS = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


def choose_device(wanted: str = "auto") -> torch.device:
    """The device of that name (`cuda`, `cuda:1`, `xpu`, `mps`, `cpu`), or the fastest there is for `auto`.

    Raises ModelError if it is not there.
    """
    if wanted == "auto":
        return torch.device(best())
    try:
        device = torch.device(wanted)
        torch.empty(1, device=device)
        choose(device)
    except (RuntimeError, AssertionError, NotImplementedError):
        raise ModelError(f"device {wanted[:40]} is not available here; use auto or cpu") from None
    return device


def choose_precision(device: torch.device, wanted: str = "auto") -> torch.dtype:
    """The dtype of that name; for `auto` float16 on CUDA since Volta, on ROCm and on XPU, and float32 elsewhere.

    float16 and not bfloat16: as fast, with three more bits for the picture; a frame that overflows is drawn
    again in float32. A CPU computes 16-bit numbers 10 to 100 times slower than float32, and on mps half precision
    gives black frames with some VAEs.

    Raises ModelError for an unknown name.
    """
    if wanted == "auto":
        return torch.float16 if has_fast_halves(device) else torch.float32
    if wanted not in PRECISIONS:
        raise ModelError(f"precision must be auto, {', '.join(PRECISIONS)}; got {wanted}")
    return PRECISIONS[wanted]


def describe_hardware(device: str) -> str:
    """What rounds the sums of networks on device: a GPU's name, or a CPU's maker and torch's instructions on it."""
    if is_accelerator(device):
        return name_of(device)
    return f"{_maker()} {torch.backends.cpu.get_cpu_capability()}"


def _maker() -> str:
    """Of the CPU: AuthenticAMD, GenuineIntel; its architecture where the system does not say."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.startswith("vendor_id"):
                return line.partition(":")[2].strip()
    return platform.machine()


def to_device(values: torch.Tensor, device: torch.device) -> torch.Tensor:
    """values on device; where memory is pinned the copy is under way when this returns, since from pageable memory it
    would wait for all that the device was given before."""
    if pins(device) and values.device.type == "cpu":
        values = values.pin_memory()
    return values.to(device, non_blocking=True)
