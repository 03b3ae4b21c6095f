"""Worker processes on this machine: started, fed with hints, watched, started again when they die."""

import logging
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from structlog.contextvars import bound_contextvars

from dreamreel.boundary import carrying_on
from dreamreel.predictions.store import Store
from dreamreel.processes.fork_server import Child, ForkServer

log = logging.getLogger(__name__)
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
# Where other GPUs than count_gpus() finds show: AMD's, Windows' below WSL, and those of NVIDIA's small boards.
OTHER_GPUS = ("/dev/kfd", "/dev/dxg", "/dev/nvmap")
Process = subprocess.Popen[str] | Child


@dataclass(eq=False)
class LocalWorker:
    """Keeps one worker process alive in a thread of its own.

    arguments: of `python -m dreamreel`. environment: of the process. changed: called with the id of
    each prediction that the worker changed. silence_s: how long it may say nothing before it is killed: it beats
    well within that, unless it hangs where its own heart cannot reach. fork_server: where processes are forked; without
    one, and after one of its children ended without a word, Python is started anew.
    """

    id: str
    arguments: list[str]
    environment: Mapping[str, str]
    store: Store
    changed: Callable[[str], None]
    silence_s: float = 600.0
    fork_server: ForkServer | None = None
    process: Process | None = None
    _stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Starts the process and the thread that watches it."""
        self._thread = threading.Thread(target=self._watch, name=f"watch-{self.id}", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Hints that there may be something new."""
        with self._lock:
            process = self.process
        if process is not None and process.stdin is not None:
            try:
                process.stdin.write("wake\n")
                process.stdin.flush()
            except (BrokenPipeError, ValueError):
                log.debug("worker %s is gone; its work waits until it is back", self.id, extra=self._about())

    def drain(self) -> None:
        """Lets the process finish its frames in hand and end; returns at once."""
        self._stopping.set()
        process = self.process
        if process is not None:
            process.terminate()

    def stop(self, patience_s: float) -> None:
        """Lets the process finish its frames in hand; kills it after patience_s."""
        with self._lock:
            self.drain()
            process = self.process
        if process is None:
            return
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            log.warning("worker %s did not stop in %g s and is killed", self.id, patience_s, extra=self._about())
            process.kill()
        self._thread.join(5)

    def _about(self) -> dict[str, str]:
        """The fields of a line about it."""
        return {"worker": self.id}

    def _watch(self) -> None:
        with bound_contextvars(**self._about()):
            self._keep_alive()

    def _keep_alive(self) -> None:
        pause, has_lived = FIRST_PAUSE_S, True
        while not self._stopping.is_set():
            # A name of its own: one that an earlier process had would prolong the leases of the dead.
            worker_id = f"{self.id}-{secrets.token_hex(3)}"
            with bound_contextvars(worker=worker_id):
                try:
                    code, has_lived = self._run_once(worker_id, self.fork_server if has_lived else None)
                except OSError as error:  # no memory for another process, or too many of them
                    log.exception("worker %s could not be started", worker_id)
                    code, has_lived = error.errno or 1, False
                self._bury(worker_id)
            if self._stopping.is_set():
                return
            # One that got as far as beating may be back at once; one that cannot load its model need not hurry.
            pause = FIRST_PAUSE_S if has_lived else min(2 * pause, LONGEST_PAUSE_S)
            log.error("worker %s ended with exit code %s; it is started again in %g s", self.id, code, pause)
            self._stopping.wait(pause)

    def _bury(self, worker_id: str) -> None:
        """Its predictions need not wait for their leases to run out: it is known to be dead."""
        with carrying_on(log, "worker %s is dead, but its leases cannot be ended now; they will run out", worker_id):
            self.store.expire_leases(worker_id)

    def _run_once(self, worker_id: str, fork_server: ForkServer | None) -> tuple[int, bool]:
        """(exit code of the process, whether it ever said anything)."""
        arguments = [*self.arguments, "--id", worker_id]
        child = fork_server.start(arguments, self.environment) if fork_server is not None else None
        with self._lock:
            if self._stopping.is_set():
                if child is not None:
                    child.terminate()
                return 0, False
            self.process = process = child or self._begin(arguments)
        assert process.stdout is not None
        silence = _Silence(worker_id, process, self.silence_s)
        threading.Thread(target=silence.watch, name=f"silence-{self.id}", daemon=True).start()
        for line in process.stdout:
            silence.broken_at = time.monotonic()
            word, _, prediction_id = line.strip().partition(" ")
            if word == "changed":
                self.changed(prediction_id)
        return process.wait(), silence.broken_at is not None

    def _begin(self, arguments: list[str]) -> Process:
        return subprocess.Popen(
            [sys.executable, "-m", "dreamreel", *arguments],
            env=dict(self.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )


@dataclass(eq=False)
class _Silence:
    """Watches a worker's process that has once said something. broken_at: when it last did, by time.monotonic()."""

    worker: str
    process: Process
    longest_s: float
    broken_at: float | None = None

    def watch(self) -> None:
        """Kills the process when it has been silent for too long; returns when it has ended."""
        while self.process.poll() is None:
            time.sleep(min(self.longest_s / 4, 1.0))
            if self.broken_at is not None and time.monotonic() - self.broken_at > self.longest_s:
                fields = {"worker": self.worker}
                log.critical("worker %s said nothing for %g s; it is killed", self.worker, self.longest_s, extra=fields)
                self.process.kill()
                return


def count_gpus() -> int:
    """CUDA devices of this machine, without importing torch."""
    return len(list(Path("/dev").glob("nvidia[0-9]*")))


def may_have_gpu() -> bool:
    """Whether torch might find a GPU here, without importing it."""
    return count_gpus() > 0 or any(Path(device).exists() for device in OTHER_GPUS)


def with_threads(environment: Mapping[str, str], workers: int) -> dict[str, str]:
    """environment for one of so many worker processes: its share of the cores, unless the environment sets one.

    Threads of several processes that wait for each other on too few cores are slower than one each.
    """
    if workers < 2:
        return dict(environment)  # torch takes the cores that there are
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {"OMP_NUM_THREADS": str(max(1, cores // workers)), **environment}
