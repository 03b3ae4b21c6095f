"""A worker: claims predictions, draws their frames in turn, beats, and lets go of what is canceled."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from sqlalchemy.exc import OperationalError

from dreamreel.animation.state import AnimationState
from dreamreel.engine.backend import Backend
from dreamreel.engine.batcher import PATIENCE_S, Batcher, Outcome
from dreamreel.engine.rows import parse_rows
from dreamreel.errors import DreamreelError, EngineError, NumbersError
from dreamreel.models.bundle import ModelBundle
from dreamreel.predictions.files import Files, FilesError
from dreamreel.predictions.record import Prediction
from dreamreel.predictions.service import Clock, utc_now
from dreamreel.predictions.store import Store, WorkerRow
from dreamreel.predictions.turns import given_up
from dreamreel.workers.careful import Careful
from dreamreel.workers.heart import Heart, News
from dreamreel.workers.job import Job, LeaseLostError
from dreamreel.workers.meter import Meter, MeteredBundle
from dreamreel.workers.mirror import Mirror
from dreamreel.workers.rendering import Setup

log = logging.getLogger(__name__)
IDLE_S = 1.0
SAVE_S = 10.0
# Threads for the work of the CPU on frames that are being drawn, and for keeping those that are done.
HOST_THREADS, KEEPING_THREADS = 4, 4
# How long to claim nothing after the bucket or the database was out of order.
REST_S = 5.0


@dataclass(frozen=True)
class Terms:
    """How a worker works. slots: predictions at a time. lease_s, stall_s: see Settings. versions: that it serves."""

    versions: tuple[str, ...]
    slots: int = 4
    lease_s: float = 30.0
    stall_s: float = 600.0
    max_attempts: int = 3


@dataclass(eq=False)
class Loop:
    """One worker's life. wake: set by others when there may be something new; a hint, never needed.

    tell: is told the id of a prediction that changed. files: the folder of all predictions' folders.
    pulse: see Heart. weights: SHA-256 of the model's. bucket: where the files belong, if not in that folder.
    """

    id: str
    store: Store
    bundle: ModelBundle
    setup: Setup
    files: Path
    terms: Terms
    clock: Clock = utc_now
    wake: threading.Event = field(default_factory=threading.Event)
    tell: Callable[[str], None] = lambda _: None
    weights: str = ""
    pulse: Callable[[], None] = lambda: None
    bucket: Files | None = None
    _jobs: dict[str, Job] = field(default_factory=dict)
    _started: dict[str, float] = field(default_factory=dict)
    _keeping: dict[str, Future[None]] = field(default_factory=dict)  # one frame of each job at most, while it is kept
    _pace: float | None = None  # seconds of one evaluation, averaged over the last frames

    def __post_init__(self) -> None:
        self._meter = Meter()
        self._hosts = ThreadPoolExecutor(HOST_THREADS, "host")
        self._keepers = ThreadPoolExecutor(KEEPING_THREADS, "keep")
        backend = Backend(MeteredBundle(self.bundle, self._meter), parse_rows(self.setup.rows))
        self._batcher = Batcher(backend, self._hosts)
        self._careful = Careful(self.bundle, self.setup)
        terms = self.terms
        self._heart = Heart(
            self.store, self.id, terms.lease_s, terms.stall_s, self.clock, self.wake, pulse=lambda: self.pulse()
        )
        self._next_save = 0.0
        self._next_claim = 0.0

    def run(self, stop: threading.Event, patience_s: float = 6.5) -> None:
        """Works until stop is set; then finishes the frames in hand, at most for patience_s, and lets go."""
        self._heart.start()
        try:
            while not stop.is_set():
                self._heart.progress(frozenset(self._jobs))
                self._heed(self._heart.take_news())
                self._ask_store()
                if self._jobs:
                    self._round()
                else:
                    self._heart.news_came.wait(IDLE_S)
                    self._heart.news_came.clear()
            self._drain(time.monotonic() + patience_s)
        finally:
            self._heart.stop()
            self._hosts.shutdown(cancel_futures=True)
            self._keepers.shutdown()

    def _ask_store(self) -> None:
        """Says how this worker is, and claims. A database that is out of order is asked again in a while."""
        try:
            self._save_if_due()
            self._claim_free_slots()
        except OperationalError as error:
            log.error("worker %s: the database does not answer: %s", self.id, str(error).split("\n", 1)[0])
            self._next_claim = time.monotonic() + REST_S

    def _claim_free_slots(self) -> None:
        while len(self._jobs) < self.terms.slots and time.monotonic() >= self._next_claim:
            prediction = self.store.claim(
                self.id, self.terms.versions, self.clock(), self._heart.lease_end(), self.terms.max_attempts
            )
            if prediction is None:
                return
            self._begin(prediction)

    def _begin(self, prediction: Prediction) -> None:
        key = prediction.id
        log.info("prediction %s: begun (attempt %d)", key, prediction.attempts)
        if key in self._jobs:  # its lease ran out while this process was held up, and nobody else was free
            self._let_go(key)
        mirror = None if self.bucket is None else Mirror(self.bucket, key)
        job = Job(prediction, self.bundle, self.setup, self.files / key, self.store, self.clock, mirror)
        self._jobs[key] = job
        # From here on it beats: taking back a thousand frames may last longer than a lease.
        self._heart.progress(frozenset(self._jobs))
        self._guarded(key, job.begin)
        if key in self._jobs:
            self._go_on_or_end(key, prediction)
        self.tell(key)

    def _go_on_or_end(self, key: str, prediction: Prediction) -> None:
        if prediction.cancel_requested:
            self._cancel(key)
        elif prediction.attempts > self.terms.max_attempts:
            self._fail(key, EngineError(given_up(self.terms.max_attempts, prediction.frames_done)))
        else:
            self._go_on(key)

    def _go_on(self, key: str) -> None:
        """Parks the next frame of a job, or finishes it once its last is kept."""
        job = self._jobs[key]
        if not job.is_complete:
            self._started[key] = time.perf_counter()
            self._batcher.add(key, job.next_frame())
        elif key not in self._keeping:
            self._guarded(key, job.finish)
            self._forget(key)

    def _round(self) -> None:
        for outcome in self._batcher.step():
            self._take(outcome)
        if self._keeping and not len(self._batcher):
            wait(self._keeping.values(), PATIENCE_S, FIRST_COMPLETED)
        for key in [key for key, future in self._keeping.items() if future.done()]:
            if self._settle(key) and self._jobs[key].is_complete:
                self._go_on(key)
            self.tell(key)

    def _take(self, outcome: Outcome) -> None:
        key = outcome.key
        if not self._settle(key):
            pass  # the frame before could not be kept
        elif isinstance(outcome.error, NumbersError):
            log.warning("prediction %s: %s", key, outcome.error)
            self._guarded(key, partial(self._draw_again, key))
        elif outcome.error is not None:
            self._fail(key, outcome.error)
        else:
            self._frame_done(key, outcome.result)
        if key in self._jobs:
            self._go_on(key)
        self.tell(key)

    def _draw_again(self, key: str) -> None:
        job = self._jobs[key]
        self._frame_done(key, self._careful.draw(job.next_frame, job.next_row))

    def _frame_done(self, key: str, state: AnimationState) -> None:
        """Lets a thread keep the frame; it has kept the one before."""
        seconds = time.perf_counter() - self._started[key]
        job = self._jobs[key]
        job.advance(state)
        self._keeping[key] = self._keepers.submit(job.frame_done, state, seconds)
        self._meter.frame(job.last_evaluations)
        if evaluations := job.last_evaluations:
            pace = seconds / evaluations / len(self._jobs)
            self._pace = pace if self._pace is None else 0.8 * self._pace + 0.2 * pace

    def _settle(self, key: str) -> bool:
        """Waits until the frame that is being kept, if any, is; False if that ended the job."""
        if key in self._keeping:
            self._guarded(key, self._keeping.pop(key).result)
        return key in self._jobs

    def _guarded(self, key: str, action: Callable[[], None]) -> None:
        """Runs a part of a job. The boundary around a job: its errors end it and nothing else."""
        try:
            action()
        except LeaseLostError:
            log.warning("prediction %s: the lease was lost; another worker has it", key)
            self._let_go(key)
        except (FilesError, OperationalError) as error:
            self._give_back(key, error)
        except Exception as error:  # noqa: BLE001 - the boundary around a job
            self._fail(key, error)

    def _give_back(self, key: str, error: Exception) -> None:
        """The bucket or the database is out of order, not the job: it goes on later, here or elsewhere."""
        log.error("prediction %s: given back: %s", key, str(error).split("\n", 1)[0])
        fence = self._jobs[key].fence
        self._let_go(key)
        self._next_claim = time.monotonic() + REST_S
        with contextlib.suppress(OperationalError):  # then its lease runs out
            self.store.release(key, fence)

    def _fail(self, key: str, error: Exception) -> None:
        expected = isinstance(error, DreamreelError)
        log.error("prediction %s: failed: %s", key, error, exc_info=None if expected else error)
        reason = str(error).split("\n", 1)[0]
        sentence = str(error) if expected else f"the worker met an unexpected error: {type(error).__name__}: {reason}"
        self._end(key, partial(self._jobs[key].fail, sentence))

    def _cancel(self, key: str) -> None:
        log.info("prediction %s: canceled", key)
        self._end(key, self._jobs[key].cancel)

    def _end(self, key: str, action: Callable[[], None]) -> None:
        """Ends a job early. Where even that fails, as with a full disk, its lease runs out and it is tried again."""
        self._stop_work(key)
        try:
            action()
        except Exception:
            log.exception("prediction %s: its end could not be recorded; it will be claimed again", key)
            self._let_go(key)
        self._forget(key)

    def _let_go(self, key: str) -> None:
        self._stop_work(key)
        self._jobs[key].drop()
        self._forget(key)

    def _stop_work(self, key: str) -> None:
        """Frees the slot, and waits for the thread that keeps a frame of it: nothing is at the job after this."""
        self._batcher.cancel(key)
        if key in self._keeping:
            wait([self._keeping.pop(key)])

    def _forget(self, key: str) -> None:
        self._batcher.cancel(key)
        self._jobs.pop(key, None)
        self._started.pop(key, None)

    def _heed(self, news: News) -> None:
        """Lets go of what was canceled or lost."""
        for key in news.canceled & self._jobs.keys():
            self._cancel(key)
            self.tell(key)
        for key in news.lost & self._jobs.keys():
            log.warning("prediction %s: the lease was lost; another worker has it", key)
            self._let_go(key)

    def _save_if_due(self) -> None:
        if time.monotonic() >= self._next_save:
            self._next_save = time.monotonic() + SAVE_S
            self.save("ready")

    def save(self, state: str) -> None:
        """Tells the store what this worker is and how it is."""
        facts = self.bundle.facts
        row = WorkerRow(self.id, state, facts.title, facts.device, self.terms.versions, self.clock(), self.terms.slots)
        stats = self._meter.stats(len(self._jobs))
        self.store.save_worker(replace(row, weights=self.weights, seconds_per_evaluation=self._pace, stats=stats))

    def _drain(self, until: float) -> None:
        """Finishes frames that are being drawn, then gives every prediction back for another worker."""
        with contextlib.suppress(OperationalError):
            self.save("draining")
        while len(self._batcher) and time.monotonic() < until:
            for outcome in self._batcher.step():
                if self._settle(outcome.key) and outcome.error is None:
                    self._frame_done(outcome.key, outcome.result)
        for key, job in list(self._jobs.items()):
            self._batcher.cancel(key)
            if not self._settle(key):
                continue
            job.drop()
            with contextlib.suppress(OperationalError):  # then its lease runs out
                self.store.release(key, job.fence)
            self.tell(key)
        self._jobs.clear()
