"""What draws beside a server: worker processes on this machine, or nothing, where workers run elsewhere."""

import os
import secrets
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from runpy import run_module
from typing import Protocol

from dreamreel.animation.views import VERSIONS
from dreamreel.errors import InputError
from dreamreel.predictions.store import Store
from dreamreel.processes.fork_server import ForkServer
from dreamreel.processes.local import LocalWorker, count_gpus, may_have_gpu, with_threads
from dreamreel.settings import Settings, to_environment

# Beside the seconds that open connections get (cli/server.py): ten after SIGTERM everything has ended.
DRAIN_S = 8.5
EXECUTORS = ("local", "ray", "none")
# What loading a model and drawing with it import, and what these import.
LIBRARIES = (
    "dreamreel.models.diffusers_dir",
    "dreamreel.models.single_file",
    "dreamreel.processes.worker_main",
    "safetensors.torch",
)


class Executor(Protocol):
    """Workers that live as long as the server does."""

    def start(self) -> None:
        """Starts them, and returns before they are ready."""

    def wake(self) -> None:
        """Hints that there may be work, or a cancel."""

    def drain(self) -> None:
        """Lets them finish the frames in hand and end; returns at once. May be called from a signal handler."""

    def stop(self) -> None:
        """Lets them finish the frames in hand, for a while, and ends them."""


@dataclass(eq=False)
class LocalExecutor:
    """Worker processes on this machine."""

    workers: list[LocalWorker] = field(default_factory=list)

    def start(self) -> None:
        for worker in self.workers:
            worker.start()

    def wake(self) -> None:
        for worker in self.workers:
            worker.wake()

    def drain(self) -> None:
        for worker in self.workers:
            worker.drain()

    def stop(self) -> None:
        self.drain()
        until = time.monotonic() + DRAIN_S
        for worker in self.workers:
            worker.stop(max(until - time.monotonic(), 0.1))


@contextmanager
def fork_server_for(settings: Settings) -> Iterator[ForkServer | None]:
    """Where local workers are forked, if that can be. Entered while the process is young.

    Not beside a GPU: libraries look at it as they are imported, and who has done that cannot fork a user of it.
    """
    fork_server = None
    if settings.executor == "local" and sys.platform == "linux" and not may_have_gpu():
        fork_server = ForkServer.open(import_libraries, _draw)
    try:
        yield fork_server
    finally:
        if fork_server is not None:
            fork_server.close()


def import_libraries() -> None:
    """What takes a worker many seconds before it can load a model."""
    for name in LIBRARIES:
        import_module(name)


def _draw() -> None:
    """A forked worker's main function: what `python -m dreamreel` does, with the libraries imported."""
    import torch

    # OpenMP read the variable when the library was loaded, in the fork server.
    threads = os.environ.get("OMP_NUM_THREADS", "")
    if threads.isdecimal() and int(threads) > 0:
        torch.set_num_threads(int(threads))
    run_module("dreamreel", run_name="__main__")


def build_executor(
    settings: Settings, store: Store, changed: Callable[[str], None], fork_server: ForkServer | None = None
) -> Executor:
    """The executor that the settings name. changed: called with the id of each prediction that changed.

    Raises InputError.
    """
    if settings.executor not in EXECUTORS:
        raise InputError("executor", f'must be one of {", ".join(EXECUTORS)}, got "{settings.executor[:40]}"')
    if settings.executor == "none":
        return LocalExecutor()
    if settings.executor == "ray":
        return _on_ray(settings, store)
    num_workers = settings.workers or max(count_gpus(), 1)
    environment = with_threads({**os.environ, **to_environment(settings)}, num_workers)
    silence_s = settings.stall_s + settings.lease_s
    # Servers on one database must not take each other's workers for their own.
    group = f"{socket.gethostname()}-{secrets.token_hex(3)}" if settings.database_url else socket.gethostname()
    workers = []
    for number in range(num_workers):
        arguments = ["worker", "--id", f"{group}-{number}", "--hints"]
        if settings.device in ("auto", "cuda") and count_gpus() > 1:
            arguments += ["--device", f"cuda:{number % count_gpus()}"]
        workers.append(LocalWorker(arguments[2], arguments, environment, store, changed, silence_s, fork_server))
    return LocalExecutor(workers)


def _on_ray(settings: Settings, store: Store) -> Executor:
    from dreamreel.cli.request import setup_of
    from dreamreel.cli.worker import TERMS
    from dreamreel.processes.ray_workers import Assignment, RayWorkers, Scale

    if settings.ray_address and not (settings.database_url and settings.files_url):
        raise InputError(
            "ray_address", "workers on other machines need a database and a bucket: set database_url and files_url"
        )
    # On Ray a worker sees only the GPU that it was given.
    device = settings.device.partition(":")[0]
    gpus = {"auto": None, "cuda": 1.0}.get(device, 0.0)
    terms = {name: getattr(settings, name) for name in TERMS}
    assignment = Assignment(
        {"data": settings.data.absolute(), "database_url": settings.database_url, "files_url": settings.files_url},
        replace(setup_of(settings), device=device),
        {"versions": VERSIONS, **terms},
        settings.log_format,
    )
    scale = Scale(settings.min_workers, settings.max_workers, settings.worker_cpus, gpus)
    return RayWorkers(settings.ray_address, assignment, scale, store)
