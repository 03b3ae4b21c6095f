"""One prediction from its claim to its end, on a thread of its own, so that the loop's thread only draws.

Taking back frames, keeping them, a second try in full precision, and the end with its video (perhaps into a bucket)
are done here, in order. Frames are drawn by the loop: ask_frame() asks it for the next one, hand() brings what came of
it.
One frame is drawn while the one before it is kept, and no more.
"""

import contextlib
import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from enum import Enum
from functools import partial

from structlog.contextvars import bound_contextvars

from dreamreel.animation.state import Drawn
from dreamreel.animation.views import meant, served
from dreamreel.boundary import carrying_on, contained
from dreamreel.errors import DiskFullError, DreamreelError, EngineError, NumbersError, ReplacedFileError
from dreamreel.predictions.attempts import given_up
from dreamreel.predictions.files import FilesError
from dreamreel.predictions.record import Status
from dreamreel.predictions.store import Ending, StoreError
from dreamreel.rendering.additions import embeddings_for
from dreamreel.rendering.checkpoints import Checkpoints
from dreamreel.rendering.full_precision import FullPrecision, announce, failed_twice, shares_model
from dreamreel.rendering.setup import CONTROLNET
from dreamreel.workers.claim import Claim, LeaseLostError
from dreamreel.workers.job import Job, open_job
from dreamreel.workers.watching import Watching

log = logging.getLogger(__name__)
# The bucket, the database or the disk is out of order, not the job: it goes on later, here or elsewhere.
OUTAGES = (FilesError, DiskFullError, StoreError)
# How much less than drawing the restoring of frames may take of a core that both want (nice(2)).
RESTORING_NICENESS = 5


class Order(Enum):
    """Why a job is to end before its animation does."""

    CANCEL = "its owner canceled it"
    RELEASE = "the worker lets go of it"


class InterruptedJobError(Exception):
    """The job is to end as its order says."""


@dataclass(frozen=True, eq=False)
class Stretch:
    """What came of drawing the next frames: these, or an error. seconds: that it took."""

    seconds: float
    drawn: Drawn | None = None
    error: Exception | None = None


@dataclass(frozen=True, eq=False)
class Crew:
    """What the runners of one worker share.

    restorers: threads that take frames back. ask_frame: has a job's next frame drawn, from any thread. changed: called
    with the id of a prediction that changed. ended: called with a runner that has ended, and whether by an outage.
    """

    worker: str
    models: Checkpoints
    max_attempts: int
    full_precision: FullPrecision
    restorers: Executor
    ask_frame: Callable[["Runner"], None]
    changed: Callable[[str], None]
    ended: Callable[["Runner", bool], None]


@dataclass(eq=False)
class Runner:
    """Runs one job. started: when the frame that is being drawn was begun, by time.perf_counter()."""

    claim: Claim
    crew: Crew
    started: float = 0.0
    _job: Job | None = None
    _order: Order | None = None
    _drawn: "queue.SimpleQueue[Stretch | None]" = field(default_factory=queue.SimpleQueue)
    _unkept: int = 0  # frames that were handed in and are not kept
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _busy_since: float | None = None  # None while it waits for a frame to be drawn
    _had_outage: bool = False

    def __post_init__(self) -> None:
        prediction, models = self.claim.prediction, self.crew.models
        needs = [name for name in prediction.needs if name in models.names]
        named = meant(served(prediction.version), prediction.input)[0].named(prediction.input, needs)
        self._model = named if named in models.names else models.first
        self._models = tuple(dict.fromkeys((self._model, *needs)))
        controls = (need for need in prediction.needs if need.startswith(CONTROLNET))
        self._held = (*self._models, *controls)
        self._thread = threading.Thread(target=self._run, name=f"job-{self.claim.id}", daemon=True)

    @property
    def key(self) -> str:
        """Its name among the loop's slots, which another claim on the same prediction does not have."""
        return f"{self.claim.id}/{self.claim.fence}"

    @property
    def job(self) -> Job:
        """The job, once it has asked for a frame."""
        assert self._job is not None
        return self._job

    @property
    def order(self) -> Order | None:
        """Why it was ordered to end."""
        return self._order

    @property
    def busy_since(self) -> float | None:
        """When its thread last did a step, by time.monotonic(); None while it waits for a frame."""
        return self._busy_since

    # For the loop's thread

    def start(self) -> None:
        """Begins. The models stay loaded until it has ended."""
        for name in self._held:
            self.crew.models.shelf.hold(name)
        self._busy_since = time.monotonic()
        self._thread.start()

    def hand(self, stretch: Stretch) -> bool:
        """Hands in what came of the frame that was asked for.

        True if the next may be drawn at once; otherwise it is asked for when this one's turn has come.
        """
        with self._lock:
            self._unkept += 1
            self._drawn.put(stretch)
            return stretch.error is None and self._unkept == 1 and not self.job.is_drawn

    def interrupt(self, order: Order) -> None:
        """Ends the job early: at the next frame where frames are taken back or kept. The first order counts.

        A cancel that was there when it was claimed ends it when all its frames are in the video.
        """
        if self._order is None and not (order is Order.CANCEL and self.claim.prediction.cancel_requested):
            self._order = order
            self._drawn.put(None)

    def join(self, patience_s: float) -> bool:
        """Waits until it has ended; False if it has not after patience_s."""
        self._thread.join(max(patience_s, 0.0))
        return not self._thread.is_alive()

    # Its own thread

    def _run(self) -> None:
        with bound_contextvars(worker=self.crew.worker, prediction=self.claim.id):
            try:
                with contained() as step:
                    self._work()
                if step.error is not None:
                    with bound_contextvars(**self._frame()):
                        self._end_by(step.error)
            finally:
                for name in self._held:
                    self.crew.models.shelf.release(name)
                self.crew.ended(self, self._had_outage)
                self.crew.changed(self.claim.id)

    def _frame(self) -> dict[str, int]:
        """The first frame that is not kept, as a field of log lines; none before the first and after the last."""
        job = self._job
        return {} if job is None or job.num_kept == job.num_frames else {"frame": job.num_kept}

    def _work(self) -> None:
        claimed = self.claim.prediction
        log.info("prediction %s: begun (attempt %d)", claimed.id, claimed.attempts)
        self.crew.restorers.submit(self._begin).result()
        self.crew.changed(claimed.id)
        if claimed.cancel_requested:
            self._order = Order.CANCEL
            raise InterruptedJobError
        if claimed.attempts > self.crew.max_attempts:
            raise EngineError(given_up(self.crew.max_attempts, claimed.frames_done))
        self._draw_and_keep(self.job)
        self.job.finish()
        log.info("prediction %s: succeeded", claimed.id)

    def _begin(self) -> None:
        with bound_contextvars(worker=self.crew.worker, prediction=self.claim.id):
            # Here, and not where others' frames are drawn, models are loaded that are not there yet.
            for name in self._held:
                if name in self._models:
                    self.crew.models.refresh(name)
                self.crew.models.shelf.get(name)
                self._step()
            self._job = open_job(self.claim, self.crew.models, self._model, self._step)
            if previews := self.crew.models.previews:
                changed = partial(self.crew.changed, self.claim.id)
                self._job.watching = Watching(self.claim.files.path, changed, latents=previews)
            plan, setup = self._job.animation.plan, self.crew.models.setup
            for name in self._models:
                loras = self._job.animation.loras_on(name)
                self.crew.models.get(name).prepare(loras, embeddings_for(setup), plan.controlnets.names)
            if not all(self.crew.models.is_of(name, self._job.animation.stamps) for name in self._models):
                raise ReplacedFileError("a model's file was replaced while it was read")
            self._job.restore(self._step)

    def _step(self) -> None:
        """Between two steps of long work: shows that it goes on, and ends it if that was ordered."""
        self._busy_since = time.monotonic()
        if self._order is not None:
            raise InterruptedJobError

    def _draw_and_keep(self, job: Job) -> None:
        if not job.is_drawn:
            self.crew.ask_frame(self)
        while job.num_kept < job.num_frames:
            stretch = self._next()
            assert stretch.drawn is not None
            with bound_contextvars(frame=job.num_kept):
                # After it was drawn: what others have had read anew meanwhile may be in it.
                job.animation.check_files()
                job.keep(stretch.drawn, stretch.seconds)
            with self._lock:
                self._unkept -= 1
                is_behind = self._unkept == 1
            if is_behind and not job.is_drawn:
                self.crew.ask_frame(self)
            self.crew.changed(self.claim.id)

    def _next(self) -> Stretch:
        """The next frames. Raises what went wrong with them."""
        stretch = self._take()
        if isinstance(stretch.error, NumbersError):
            with bound_contextvars(frame=self.job.next_idx):
                stretch = self._draw_again(self.job)
        if stretch.error is not None:
            raise stretch.error
        return stretch

    def _take(self) -> Stretch:
        self._busy_since = None
        stretch = self._drawn.get()
        self._busy_since = time.monotonic()
        if stretch is None:
            raise InterruptedJobError
        return stretch

    def _draw_again(self, job: Job) -> Stretch:
        """The frames whose numbers overflowed, in full precision."""
        idx, began = job.next_idx, time.perf_counter()
        prompt = job.animation.plan.prompt(idx)
        if shares_model(job.animation.facts):
            announce(idx)
            with self._lock:
                self._unkept -= 1
            self.crew.ask_frame(self)
            again = self._take()
            if isinstance(again.error, NumbersError):
                return Stretch(0, error=failed_twice(idx, prompt, again.error))
            return again
        drawn = self.crew.full_precision.draw(job.network, job.unwatched_stretch, idx, prompt)
        job.advance(drawn)
        if not job.is_drawn:
            self.crew.ask_frame(self)
        return Stretch(time.perf_counter() - began, drawn)

    # Its end

    def _end_by(self, error: Exception) -> None:
        if isinstance(error, InterruptedJobError):
            self._end(self._obey)
        elif isinstance(error, LeaseLostError):
            log.warning("prediction %s: the lease was lost; another worker has it", self.claim.id)
            self._drop()
        elif isinstance(error, OUTAGES):
            self._give_back(error)
        elif isinstance(error, ReplacedFileError):
            log.warning(
                "prediction %s: %s; it is begun again from the first frame of another key", self.claim.id, error
            )
            self._end(self._let_go)
        else:
            self._fail(error)

    def _end(self, action: Callable[[], None]) -> None:
        """Ends a job early. Where even that fails, as with a full disk, its lease runs out and it is tried again."""
        with carrying_on(log, "prediction %s: its end could not be recorded; it will be claimed again", self.claim.id):
            try:
                action()
            except OUTAGES as error:
                self._give_back(error)
            return  # it ended, or was given back: past this only what was caught gets
        self._drop()

    def _obey(self) -> None:
        if self._order is Order.CANCEL:
            log.info("prediction %s: canceled", self.claim.id)
            if self._job is None:
                self.claim.end(Ending(Status.CANCELED, metrics=self._metrics()))
            else:
                self._job.cancel()
        else:
            self._let_go()

    def _let_go(self) -> None:
        self._drop()
        self.claim.release()

    def _fail(self, error: Exception) -> None:
        expected = isinstance(error, DreamreelError)
        log.error("prediction %s: failed: %s", self.claim.id, error, exc_info=None if expected else error)
        reason = str(error).split("\n", 1)[0]
        sentence = str(error) if expected else f"the worker met an unexpected error: {type(error).__name__}: {reason}"
        sentence = sentence.replace(f"{self.claim.files.path}/", "")  # where files lie is the operator's business
        self._end(lambda: self._fail_with(sentence))

    def _fail_with(self, sentence: str) -> None:
        if self._job is None:
            self.claim.end(Ending(Status.FAILED, error=sentence, metrics=self._metrics(), text=f"{sentence}\n"))
        else:
            self._job.fail(sentence)

    def _metrics(self) -> dict[str, object]:
        return {"frames": 0, "evaluations": 0, "model": self._model}

    def _give_back(self, error: Exception) -> None:
        log.error("prediction %s: given back: %s", self.claim.id, str(error).split("\n", 1)[0])
        self._had_outage = True
        self._drop()
        with contextlib.suppress(*OUTAGES):  # then its lease runs out
            self.claim.release()

    def _drop(self) -> None:
        """Takes away what is half written."""
        if self._job is None:
            self.claim.files.close()
        else:
            self._job.drop()


def yield_to_drawing() -> None:
    """Lets a thread that restores frames take less of a core that drawing wants too. Only on Linux is that a thread's.

    Networks compute on all cores: without this, those whose frames are drawn meanwhile would feel it.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), RESTORING_NICENESS)
