"""Where a training keeps what it made, and how it goes on after a stop: a folder of torch files."""

import ctypes
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, distributed, nn

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # of glibc's malloc.h


def default_run() -> Path:
    """Where a training lies unless told otherwise: dreamreel/training in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "dreamreel" / "training"


class Clock:
    """A phase that lasts so many minutes of processor time in all, over any number of starts; SIGTERM ends one early.

    share: 0 at the beginning, 1 at the end. Learning rates are functions of it, so a slow machine
    trains fewer steps and still finishes. Processor time, because other work on the machine shall not count.
    processes: how many work side by side, of which this is one.
    """

    def __init__(self, minutes: float, spent_s: float = 0.0, processes: int = 1) -> None:
        self._length_s, self._before_s, self._start = minutes * 60, spent_s, time.process_time()
        self._processes = processes
        self._kept = time.monotonic()
        self.stopped = False
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)

    @property
    def spent_s(self) -> float:
        return self._before_s + (time.process_time() - self._start) * self._processes

    @property
    def share(self) -> float:
        return min(1.0, self.spent_s / self._length_s)

    @property
    def goes_on(self) -> bool:
        return not self.stopped and self.spent_s < self._length_s

    def is_time_to_keep(self, every_s: float = 240.0) -> bool:
        """Whether that many seconds have passed since this was last true, or the start is ending."""
        if time.monotonic() - self._kept < every_s and self.goes_on:
            return False
        self._kept = time.monotonic()
        return True

    def _stop(self, *_: Any) -> None:
        self.stopped = True


class Average:
    """An exponential moving average of parameters; young ones forget faster. keep: of the old a step."""

    def __init__(self, parameters: list[nn.Parameter], keep: float) -> None:
        self.tensors = [parameter.detach().clone() for parameter in parameters]
        self._keep, self.num_steps = keep, 0

    def update(self, parameters: list[nn.Parameter]) -> None:
        self.num_steps += 1
        keep = min(self._keep, (1 + self.num_steps) / (10 + self.num_steps))
        with torch.no_grad():
            torch._foreach_mul_(self.tensors, keep)
            torch._foreach_add_(self.tensors, [p.detach() for p in parameters], alpha=1 - keep)

    def copy_to(self, parameters: list[nn.Parameter]) -> list[Tensor]:
        """Writes the average into parameters; returns what they were."""
        before = [parameter.detach().clone() for parameter in parameters]
        with torch.no_grad():
            for parameter, tensor in zip(parameters, self.tensors, strict=True):
                parameter.copy_(tensor)
        return before


@contextmanager
def side_by_side(meeting: str, rank: int, processes: int) -> Iterator[None]:
    """For the block, this process is one of several that meet at that address; alone if it is empty."""
    if not meeting:
        yield
        return
    distributed.init_process_group("gloo", meeting, rank=rank, world_size=processes)
    try:
        yield
        distributed.barrier()  # one that left earlier would break the others' connections
    finally:
        distributed.destroy_process_group()


def share_means(parameters: list[nn.Parameter], goes_on: bool) -> bool:
    """Gives every process of the group the mean of all their parameters; whether all of them would go on."""
    tensors = [parameter.data for parameter in parameters]
    flat = torch.cat([*(tensor.flatten() for tensor in tensors), torch.tensor([float(goes_on)])])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    parts = flat[:-1].split([tensor.numel() for tensor in tensors])
    torch._foreach_copy_(tensors, [part.view_as(tensor) for part, tensor in zip(parts, tensors, strict=True)])
    return bool(flat[-1] == 1)


def save(path: Path, content: dict[str, Any]) -> None:
    """Writes content whole or not at all."""
    part = path.with_suffix(".part")
    torch.save(content, part)
    part.replace(path)


def load(path: Path) -> dict[str, Any]:
    """{} if path is not there."""
    return torch.load(path, weights_only=False) if path.is_file() else {}


def append_csv(path: Path, header: str, *values: float) -> None:
    """One line of numbers; the header first in a new file."""
    with path.open("a") as file:
        if file.tell() == 0:
            file.write(header + "\n")
        file.write(",".join(f"{value:.6g}" for value in values) + "\n")


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate


def prepare(threads: int, seed: int) -> None:
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    _keep_memory()
    torch.manual_seed(seed)


def _keep_memory() -> None:
    """Tells glibc to keep what is freed: large tensors come and go each step, and new pages cost a seventh of it."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        for option, value in ((M_MMAP_THRESHOLD, 1 << 30), (M_TRIM_THRESHOLD, 2**31 - 1), (M_TOP_PAD, 1 << 28)):
            libc.mallopt(option, value)
