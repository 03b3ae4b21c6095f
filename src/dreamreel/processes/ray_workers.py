"""Workers as Ray actors: Ray places them, one on each GPU or on some CPUs, and starts them again when they die.

Ray holds no truth: an actor claims, draws and reports like any other worker, and what it held when it died is
claimed again by another. Actors have names, so every server of a cluster sees the same ones, and outlive the
server that made them.
"""

import itertools
import logging
import math
import os
import secrets
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from dreamreel.errors import DreamreelError
from dreamreel.logs import set_up_logs
from dreamreel.predictions.service import WORKER_FRESH, utc_now
from dreamreel.predictions.store import Store, StoreError
from dreamreel.rendering.setup import Setup
from dreamreel.storage.database import open_store_engine
from dreamreel.storage.sql import SqlStore

# Ray reads them as it is imported. Lines of its workers reach the server's log as they are: without a word before
# them, which would spoil JSON, and each of them.
os.environ.setdefault("RAY_DISABLE_WORKER_LOG_PREFIX", "1")
os.environ.setdefault("RAY_DEDUP_LOGS", "0")
try:
    import ray
    from ray.exceptions import RayError
except ImportError:
    raise DreamreelError('Ray needs more packages: pip install "dreamreel[cluster]"') from None

log = logging.getLogger(__name__)
NAMESPACE, PREFIX = "dreamreel", "worker-"
LOOK_S = 1.0
_DIED = 71


@dataclass(frozen=True)
class Scale:
    """How many actors, and what each needs. most: 0 for as many as the cluster has room for.

    gpus: None for one where the cluster has any. patience_s: how long fewer must do before one is let go, whose model
    would have to be loaded again.
    """

    least: int = 1
    most: int = 0
    cpus: float = 1.0
    gpus: float | None = None
    patience_s: float = 60.0


@dataclass(frozen=True)
class Assignment:
    """What an actor does. place, terms: fields of process.Place and of loop.Terms.

    Those are made on the actor's machine: the server that has this need not import torch for it.
    """

    place: dict[str, Any]
    setup: Setup
    terms: dict[str, Any]
    log_format: str = "text"


class Worker:
    """The actor. A worker's life runs in a thread of it; when that ends by an error, so does the process."""

    def __init__(self, assignment: Assignment) -> None:
        self._stop, self._wake = threading.Event(), threading.Event()
        context = ray.get_runtime_context()
        group = f"{_ids_of(context.get_actor_name())}{context.get_actor_id()}-"
        _expire(assignment.place, group)
        self._thread = threading.Thread(target=self._run, args=(assignment, group + secrets.token_hex(3)))
        self._thread.start()

    def _run(self, assignment: Assignment, worker_id: str) -> None:
        from dreamreel.processes.worker_main import Place, work
        from dreamreel.workers.loop import Terms

        place, terms = Place(**assignment.place), Terms(**assignment.terms)
        set_up_logs(assignment.log_format, worker_id)
        try:
            work(place, assignment.setup, terms, worker_id, self._stop, self._wake)
        finally:
            if not self._stop.is_set():
                log.exception("worker %s ended", worker_id)
                os._exit(_DIED)  # Ray starts it again

    def pid(self) -> int:
        """The process it lives in."""
        return os.getpid()

    def drain(self) -> None:
        """Finishes the frames in hand, gives the rest back, and ends the actor for good."""
        self._stop.set()
        self._wake.set()
        self._thread.join()
        ray.actor.exit_actor()


def _expire(place: dict[str, Any], group: str) -> None:
    """This actor lived before: what it held then need not wait for its lease to run out."""
    if ray.get_runtime_context().was_current_actor_reconstructed:
        store = SqlStore(open_store_engine(place["database_url"], place["data"]))
        for row in store.workers(utc_now() - WORKER_FRESH):
            if row.id.startswith(group):
                store.expire_leases(row.id)
        store.close()


@dataclass(eq=False)
class RayWorkers:
    """Keeps as many actors as the queue needs. address: of a Ray cluster; empty to start one on this machine."""

    address: str
    assignment: Assignment
    scale: Scale
    store: Store
    _stopping: threading.Event = field(default_factory=threading.Event)
    _surplus_since: float | None = None

    def start(self) -> None:
        """Connects to the cluster and begins. Raises DreamreelError if it cannot be reached."""
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would tell its makers
        os.environ.setdefault("RAY_worker_niceness", "0")  # its own is 15: whatever else runs would come first
        try:
            ray.init(
                address=self.address or "local",
                namespace=NAMESPACE,
                include_dashboard=False,
                log_to_driver=True,
                configure_logging=False,
            )
        except (RayError, ConnectionError, RuntimeError, ValueError) as error:
            reason = str(error).split("\n", 1)[0]
            where = self.address or "this machine"
            hint = "; if it asks for a token, set RAY_AUTH_MODE=token here, too" if self.address else ""
            raise DreamreelError(f"Ray at {where} cannot be reached: {reason}{hint}") from None
        self._thread = threading.Thread(target=self._keep, name="ray", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Nothing: hints reach the actors through the database."""

    def drain(self) -> None:
        """Nothing yet: stop() follows within seconds, and Ray's own calls are not for a signal handler."""

    def stop(self) -> None:
        """Leaves the actors of a cluster to go on. Those of a Ray of our own finish their frames and end."""
        self._stopping.set()
        self._thread.join(10)
        if not self.address:
            drains = [ray.get_actor(name).drain.remote() for name in self._names()]
            ray.wait(drains, num_returns=max(len(drains), 1), timeout=10)
        ray.shutdown()

    def _keep(self) -> None:
        while not self._stopping.is_set():
            try:
                self._adjust(time.monotonic())
            except (RayError, ValueError, StoreError) as error:
                log.warning("workers on Ray: %s; trying again", str(error).split("\n", 1)[0])
            self._stopping.wait(LOOK_S)

    def _adjust(self, now: float) -> None:
        names = self._names()
        figures = self.store.figures(utc_now())
        wanted = wanted_workers(figures.queued + figures.running, self._slots(), self.scale.least, self._most())
        for name in missing_workers(names, wanted):
            self._make(name)
        if len(names) <= wanted:
            self._surplus_since = None
        elif self._surplus_since is None:
            self._surplus_since = now
        elif now - self._surplus_since > self.scale.patience_s:
            name = surplus_worker(names, figures.holders)
            log.info("%s is not needed any more: it finishes its frames and ends", name, extra={"worker": name})
            ray.get_actor(name).drain.remote()
            self._surplus_since = None

    def _most(self) -> int:
        if self.scale.most:
            return self.scale.most
        room = ray.cluster_resources()
        if gpus := self._gpus():
            return max(int(room.get("GPU", 0) / gpus), 1)
        return max(int(room.get("CPU", 1) / self.scale.cpus), 1)

    def _slots(self) -> int:
        """Predictions that one worker takes: as set, or what those that are there have found room for."""
        rows = self.store.workers(utc_now() - WORKER_FRESH)
        return self.assignment.terms["slots"] or max([row.slots for row in rows], default=1) or 1

    def _gpus(self) -> float:
        if self.scale.gpus is not None:
            return self.scale.gpus
        return 1.0 if ray.cluster_resources().get("GPU", 0) else 0.0

    def _names(self) -> list[str]:
        return [name for name in ray.util.list_named_actors() if name.startswith(PREFIX)]

    def _make(self, name: str) -> None:
        fields = {"worker": name}
        log.info("%s: requested from Ray (%g CPUs, %g GPUs)", name, self.scale.cpus, self._gpus(), extra=fields)
        actor: Any = ray.remote(Worker)
        actor.options(
            name=name,
            get_if_exists=True,
            lifetime="detached",
            max_restarts=-1,
            max_concurrency=4,
            num_cpus=self.scale.cpus,
            num_gpus=self._gpus(),
        ).remote(self.assignment)


def wanted_workers(predictions: int, slots: int, least: int, most: int) -> int:
    """How many workers so many unfinished predictions are worth: one for each slots of them, within limits."""
    return min(max(math.ceil(predictions / slots), least), max(most, least))


def missing_workers(names: Collection[str], wanted: int) -> list[str]:
    """Names for as many workers as there are too few. Every server of the cluster finds the same."""
    free = (name for number in itertools.count() if (name := f"{PREFIX}{number}") not in names)
    return list(itertools.islice(free, max(wanted - len(names), 0)))


def surplus_worker(names: Collection[str], holders: Collection[str]) -> str:
    """The one of names to let go: one that holds no prediction if there is any, and of those the last.

    holders: ids of workers that hold one. Another would have to take back the frames of what it holds.
    """
    idle = [name for name in names if not any(worker.startswith(_ids_of(name)) for worker in holders)]
    return max(idle or names, key=_number)


def _ids_of(name: str) -> str:
    """How the ids of an actor's workers begin."""
    return f"ray-{name}-"


def _number(name: str) -> int:
    return int(name.removeprefix(PREFIX))
