"""A worker: its loop draws the frames of several predictions in turn, and does nothing else.

Each prediction is run by a thread of its own (runner.py): it takes back what was drawn before, keeps frames, and ends.
Work is claimed by another (claimer.py), and a third beats (heart.py). What they want of the loop, such as the next
frame, they put into its inbox; it answers between two rounds.
"""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from structlog.contextvars import bound_contextvars

from dreamreel.boundary import contained
from dreamreel.engine.batcher import Batcher, Outcome
from dreamreel.predictions.files import Files
from dreamreel.predictions.record import Prediction
from dreamreel.predictions.service import Clock, utc_now
from dreamreel.predictions.store import Offer, Store, WorkerRow
from dreamreel.rendering.additions import offered
from dreamreel.rendering.checkpoints import Checkpoints, in_full_precision
from dreamreel.rendering.full_precision import FullPrecision
from dreamreel.workers.bucket_copy import BucketCopy
from dreamreel.workers.claim import Claim
from dreamreel.workers.claim_folder import ClaimFolder
from dreamreel.workers.claimer import Claimer
from dreamreel.workers.heartbeat import Heartbeat, News
from dreamreel.workers.meter import Meter
from dreamreel.workers.runner import OUTAGES, Crew, Order, Runner, Stretch, yield_to_drawing

log = logging.getLogger(__name__)
IDLE_S = 1.0
# Threads for the work of the CPU on frames that are being drawn.
HOST_THREADS = 4
# What a drain leaves for keeping the last frames and for letting go, after the frames in hand.
LETTING_GO_S = 2.0
# So long a worker draws with models that leave no room for others, before it makes some for those that wait.
TURN_S = 60.0


@dataclass(frozen=True)
class Terms:
    """How a worker works. slots: predictions at a time. lease_s, stall_s: see Settings. versions: that it serves.

    threads: of a CPU, 0 for the fastest number (threads.py).
    """

    versions: tuple[str, ...]
    slots: int = 4
    lease_s: float = 30.0
    stall_s: float = 600.0
    max_attempts: int = 3
    threads: int = 0


@dataclass(eq=False)
class Loop:
    """One worker's life. wake: set by others when there may be something new; a hint, never needed.

    tell: called with the id of a prediction that changed. files: the folder of all predictions' folders.
    pulse: see Heartbeat. weights: SHA-256 of the first model's. bucket: where the files belong, if not in that folder.
    meter: counts the models' passes, too, where it watches them. own_versions: those of its models, as far as they
    are known, which it serves beside those of its terms.
    """

    id: str
    store: Store
    models: Checkpoints
    files: Path
    terms: Terms
    clock: Clock = utc_now
    wake: threading.Event = field(default_factory=threading.Event)
    tell: Callable[[str], None] = lambda _: None
    weights: str = ""
    pulse: Callable[[], None] = lambda: None
    bucket: Files | None = None
    meter: Meter = field(default_factory=Meter)
    own_versions: Callable[[], Collection[str]] = tuple
    _runners: dict[str, Runner] = field(default_factory=dict)  # shared by threads, under _lock
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _inbox: "queue.SimpleQueue[Callable[[], object]]" = field(default_factory=queue.SimpleQueue)
    _is_draining: bool = False
    _turned_at: float = field(default_factory=time.monotonic)
    _turn_began: float = 0.0  # when it began to draw with the models in use
    _pace: float | None = None  # seconds of one evaluation, averaged over the last frames

    def __post_init__(self) -> None:
        terms = self.terms
        self._hosts = ThreadPoolExecutor(HOST_THREADS, "host")
        self._restorers = ThreadPoolExecutor(terms.slots, "restore", initializer=yield_to_drawing)
        self._batcher = Batcher(self.models.backend, self._hosts)
        self._crew = Crew(
            self.id,
            self.models,
            terms.max_attempts,
            FullPrecision(lambda name: self.models.use(in_full_precision(name))),
            self._restorers,
            ask_frame=lambda runner: self._inbox.put(partial(self._draw, runner)),
            changed=lambda prediction_id: self.tell(prediction_id),
            ended=self._forget,
        )
        self._claimer = Claimer(self.id, self._claim, self._has_room, self._take_in, self.save)
        self._heart = Heartbeat(
            self.store,
            self.id,
            terms.lease_s,
            terms.stall_s,
            self.clock,
            self.wake,
            held=lambda: frozenset(runner.claim.id for runner in self._running()),
            progress_at=self._progress_at,
            pulse=lambda: self.pulse(),
            on_news=self._look,
        )

    def run(self, stop: threading.Event, patience_s: float = 6.5) -> bool:
        """Works until stop is set; then finishes the frames in hand, at most for patience_s, and lets go.

        False if a thread hangs in what it does for a prediction, which others may have by then.
        """
        with bound_contextvars(worker=self.id):
            self._heart.start()
            self._claimer.start()
            try:
                while not stop.is_set():
                    self._turn()
                return self._drain(time.monotonic() + patience_s)
            finally:
                self._heart.stop()
                self._claimer.stop(0.0)
                self._hosts.shutdown(wait=False, cancel_futures=True)
                self._restorers.shutdown(wait=False)

    def _turn(self) -> None:
        """What was asked for since the last round, and a round; without any, waits for something to do."""
        self._turned_at = time.monotonic()
        self._heed(self._heart.take_news())
        self._answer(IDLE_S if len(self._batcher) == 0 else 0.0)
        self._round()

    def _answer(self, patience_s: float) -> None:
        """Does what is in the inbox. patience_s: how long to wait for something."""
        with contextlib.suppress(queue.Empty):
            self._inbox.get(timeout=patience_s)() if patience_s else self._inbox.get_nowait()()
            while True:
                self._inbox.get_nowait()()

    def _round(self) -> None:
        if len(self._batcher):
            for outcome in self._batcher.step():
                self._drawn(outcome)

    def _draw(self, runner: Runner) -> None:
        """Parks the next frame of a job."""
        if self._is_draining or runner.order is not None or runner.key not in self._runners:
            return
        runner.started = time.perf_counter()
        with contained() as step:
            self._batcher.add(runner.key, runner.job.next_stretch())
        if step.error is not None:
            runner.hand(Stretch(0.0, error=step.error))

    def _drawn(self, outcome: Outcome) -> None:
        """Hands a frame to its runner, and draws the next unless the one before is still being kept."""
        runner = self._runners.get(outcome.key)
        if runner is None:
            return
        seconds = time.perf_counter() - runner.started
        if outcome.error is not None:
            runner.hand(Stretch(seconds, error=outcome.error))
            return
        runner.job.advance(outcome.result)
        self._count(len(outcome.result.frames), runner.job.last_evaluations, seconds)
        if runner.hand(Stretch(seconds, outcome.result)):
            self._draw(runner)

    def _count(self, frames: int, evaluations: int, seconds: float) -> None:
        self.meter.stretch(frames, evaluations)
        if evaluations:
            pace = seconds / evaluations / max(len(self._runners), 1)
            self._pace = pace if self._pace is None else 0.8 * self._pace + 0.2 * pace

    def _heed(self, news: News) -> None:
        """Lets go of what was canceled or lost."""
        for runner in self._running() if news.canceled or news.lost else []:
            if runner.claim.id in news.canceled:
                self._interrupt(runner, Order.CANCEL)
            elif runner.claim.id in news.lost and runner.order is None:
                log.warning(
                    "prediction %s: the lease was lost; another worker has it",
                    runner.claim.id,
                    extra={"prediction": runner.claim.id},
                )
                self._interrupt(runner, Order.RELEASE)

    def _interrupt(self, runner: Runner, order: Order) -> None:
        self._batcher.cancel(runner.key)
        runner.interrupt(order)

    def _drain(self, until: float) -> bool:
        """Finishes frames that are being drawn, then gives every prediction back for another worker."""
        self._is_draining = True
        self._claimer.stop(0.0)
        while len(self._batcher) and time.monotonic() < until:
            self._answer(0.0)
            self._round()
        self._claimer.stop(max(until - time.monotonic(), 0.1))
        runners = self._running()
        for runner in runners:
            self._interrupt(runner, Order.RELEASE)
        until = max(until, time.monotonic() + LETTING_GO_S)
        hanging = [runner for runner in runners if not runner.join(until - time.monotonic())]
        for runner in hanging:
            key = runner.claim.id
            log.error("prediction %s: given back while a thread hangs", key, extra={"prediction": key})
            with contextlib.suppress(*OUTAGES):  # then its lease runs out
                runner.claim.release()
        return not hanging

    # For other threads

    def _look(self) -> None:
        """There may be news."""
        self._inbox.put(lambda: None)
        self._claimer.wake()

    def _progress_at(self) -> float:
        """When the loop began its round, or a runner its step, whichever is longer ago; by time.monotonic()."""
        steps = [runner.busy_since for runner in self._running()]
        return min([self._turned_at, *(step for step in steps if step is not None)])

    def _running(self) -> list[Runner]:
        with self._lock:
            return list(self._runners.values())

    def _has_room(self) -> bool:
        return len(self._running()) < self.terms.slots

    def _claim(self) -> Prediction | None:
        now, until = self.clock(), self._heart.lease_end()
        return self.store.claim(self.id, self._versions(), now, until, self.terms.max_attempts, self._offer())

    def _versions(self) -> tuple[str, ...]:
        return (*self.terms.versions, *self.own_versions())

    def _offer(self) -> Offer:
        """What can be begun now: a network that is loaded, or that fits beside those in use."""
        shelf, names = self.models.shelf, frozenset(self.models.names)
        if not self._running():
            self._turn_began = time.monotonic()
        # Others' turn comes, but not so soon that models are loaded more than they are drawn with.
        is_over = time.monotonic() - self._turn_began > TURN_S
        waiting = names if is_over else frozenset()
        beside, known = offered(self.models.setup), frozenset(shelf.kinds)
        fits, loaded = names & shelf.fitting(), names & shelf.loaded()
        return Offer(
            fits, loaded, waiting, self.models.first, beside, lambda needs: shelf.fits(known.intersection(needs))
        )

    def _take_in(self, prediction: Prediction) -> None:
        """Starts a runner for what was claimed just now."""
        for older in self._running():
            if older.claim.id == prediction.id:  # its lease ran out while it was held up, and nobody else was free
                self._inbox.put(partial(self._interrupt, older, Order.RELEASE))
        bucket_copy = None if self.bucket is None else BucketCopy(self.bucket, prediction.id)
        assert prediction.lease is not None
        files = ClaimFolder(self.files / prediction.id, prediction.lease.fence, bucket_copy)
        runner = Runner(Claim(prediction, self.store, files, self.clock), self._crew)
        with self._lock:
            self._runners[runner.key] = runner
        runner.start()

    def _forget(self, runner: Runner, had_outage: bool) -> None:
        with self._lock:
            self._runners.pop(runner.key, None)
        self._inbox.put(partial(self._batcher.cancel, runner.key))
        if had_outage:
            self._claimer.rest()
        self._claimer.wake()

    def save(self, state: str) -> None:
        """Writes this worker's row: what it is and how it is."""
        facts = self.models.facts(self.models.first)
        row = WorkerRow(self.id, state, facts.title, facts.device, self._versions(), self.clock(), self.terms.slots)
        stats = self.meter.stats(len(self._running()))
        stats["proofs"] = [str(proof) for proof in self.models.proofs()]
        row = replace(row, weights=self.weights, seconds_per_evaluation=self._pace, stats=stats)
        names, loaded = self.models.names, self.models.shelf.loaded()
        held = tuple(name for name in names if name in loaded)
        beside = tuple(sorted(offered(self.models.setup)))
        self.store.save_worker(replace(row, networks=(*names, *beside), loaded=held))
