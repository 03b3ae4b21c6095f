"""What draws beside a server: worker processes on this machine, or nothing, where workers run elsewhere."""

import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from dreamreel.errors import InputError
from dreamreel.predictions.store import Store
from dreamreel.settings import Settings, to_environment
from dreamreel.workers.local import LocalWorker, count_gpus, with_threads

DRAIN_S = 10.0
EXECUTORS = ("local", "none")


class Executor(Protocol):
    """Workers that live as long as the server does."""

    def start(self) -> None:
        """Starts them, and returns before they are ready."""

    def wake(self) -> None:
        """Hints that there may be work, or a cancel."""

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

    def stop(self) -> None:
        for worker in self.workers:
            worker.stop(DRAIN_S)


def build_executor(settings: Settings, store: Store, changed: Callable[[str], None]) -> Executor:
    """The executor that the settings name. changed: is told the id of each prediction that changed.

    Raises InputError.
    """
    if settings.executor not in EXECUTORS:
        raise InputError("executor", f'must be one of {", ".join(EXECUTORS)}, got "{settings.executor[:40]}"')
    if settings.executor == "none":
        return LocalExecutor()
    num_workers = settings.workers or max(count_gpus(), 1)
    environment = with_threads({**os.environ, **to_environment(settings)}, num_workers)
    # Servers on one database must not take each other's workers for their own.
    group = f"{socket.gethostname()}-{secrets.token_hex(3)}" if settings.database_url else socket.gethostname()
    workers = []
    for number in range(num_workers):
        arguments = ["worker", "--id", f"{group}-{number}", "--hints"]
        if settings.device in ("auto", "cuda") and count_gpus() > 1:
            arguments += ["--device", f"cuda:{number % count_gpus()}"]
        workers.append(LocalWorker(arguments[2], arguments, environment, store, changed))
    return LocalExecutor(workers)
