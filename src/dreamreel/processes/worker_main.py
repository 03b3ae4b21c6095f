"""A worker in a process of its own: `dreamreel worker`, started and fed with hints by local.py.

Lines come in on stdin ("wake": there may be new work or a cancel) and go out on stdout ("changed ID", and
"alive" at each beat: a worker that is silent for too long is killed). But for that they are hints: without
them everything happens too, a second later. The end of stdin means that the server is gone, and the worker
drains as on SIGTERM.
"""

import contextlib
import logging
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from dreamreel.models import catalog
from dreamreel.models.digest import weights_digest
from dreamreel.predictions.files import PREDICTIONS
from dreamreel.predictions.service import utc_now
from dreamreel.predictions.store import WorkerRow
from dreamreel.rendering.checkpoints import Checkpoints
from dreamreel.rendering.setup import Setup, canvas_of
from dreamreel.rendering.versions import Versions
from dreamreel.storage.database import open_store_engine
from dreamreel.storage.files import open_files
from dreamreel.storage.notifications import CHANGED, WORK
from dreamreel.storage.sql import SqlStore
from dreamreel.workers.admission import choose_slots
from dreamreel.workers.loop import Loop, Terms
from dreamreel.workers.meter import Meter, metered
from dreamreel.workers.threads import choose_threads

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """Where a worker finds its work, and leaves it. data: the data folder; with a bucket, only for half-done work.

    database_url: empty for the file in that folder. files_url: empty for that folder (predictions/files.py).
    """

    data: Path
    database_url: str = ""
    files_url: str = ""


def run_worker(place: Place, setup: Setup, terms: Terms, worker_id: str | None = None, hints: bool = False) -> None:
    """Works until SIGTERM, SIGINT or, with hints, the end of stdin.

    hints: read and write the lines described above. Raises ModelError and DatabaseError.
    """
    worker_id = worker_id or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
    stop, wake = threading.Event(), threading.Event()
    _stop_on_signals(stop, wake)
    if hints:
        threading.Thread(target=_listen, args=(stop, wake), daemon=True).start()
    tell, pulse = (_tell, _pulse) if hints else (lambda _: None, lambda: None)
    if not work(place, setup, terms, worker_id, stop, wake, tell, pulse):
        # A thread hangs, as in a bucket that does not answer; waiting for it would outlast every patience.
        logging.shutdown()
        os._exit(0)


def work(
    place: Place,
    setup: Setup,
    terms: Terms,
    worker_id: str,
    stop: threading.Event,
    wake: threading.Event,
    tell: Callable[[str], None] = lambda _: None,
    pulse: Callable[[], None] = lambda: None,
) -> bool:
    """Opens the store, loads the model and draws until stop is set. wake, tell, pulse, what it returns: see Loop.

    Raises ModelError, DatabaseError, InputError and FilesError.
    """
    files = open_files(place.files_url, place.data)
    files.check()
    store = SqlStore(open_store_engine(place.database_url, place.data))
    store.save_worker(
        WorkerRow(worker_id, "loading", setup.model, setup.device, terms.versions, utc_now(), terms.slots)
    )
    meter = Meter()
    models = metered(setup, meter)
    terms, weights = _measured(terms, setup, models)
    folder = files.path(PREDICTIONS)
    with _telling_others(store, wake, tell) as report:
        loop = Loop(worker_id, store, models, folder or place.data / PREDICTIONS, terms, wake=wake, tell=report)
        loop.weights, loop.bucket = weights, files if folder is None else None
        loop.pulse, loop.meter = pulse, meter
        _serve_versions(loop)
        has_ended = loop.run(stop)
    store.close()
    return has_ended


@contextlib.contextmanager
def _telling_others(
    store: SqlStore, wake: threading.Event, tell: Callable[[str], None]
) -> Iterator[Callable[[str], None]]:
    """tell, which also tells the other processes on the same database; what they say of new work wakes."""
    notices = store.notices()
    if notices is None:
        yield tell
        return

    def report(prediction_id: str) -> None:
        tell(prediction_id)
        notices.send(CHANGED, prediction_id)

    notices.listen(WORK, lambda _: wake.set())
    yield report
    # What was given back is for others now.
    notices.send(WORK, "")
    notices.close()


def _measured(terms: Terms, setup: Setup, models: Checkpoints) -> tuple[Terms, str]:
    """terms with the slots that fit, and the SHA-256 of the first model, which is loaded for it.

    Sets the number of threads that this process has.
    """
    bundle, location = models.get(models.first).bundle, setup.locate()
    weights = weights_digest(location)
    _ = models.previews  # a file that cannot be read is said now, and fails no film
    choose_threads(terms.threads, bundle, canvas_of(setup, catalog.check(location)), weights)
    return replace(terms, slots=choose_slots(terms.slots, bundle, setup)), weights


def _serve_versions(loop: Loop) -> None:
    """Has it claim what asks for one of its models by the version that it is, as soon as their files are read."""
    versions = Versions(loop.models.setups, found=loop.wake.set)
    loop.own_versions = lambda: versions.ids.values()
    versions.start()


def _stop_on_signals(stop: threading.Event, wake: threading.Event) -> None:
    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        wake.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)


def _listen(stop: threading.Event, wake: threading.Event) -> None:
    for _ in sys.stdin:
        wake.set()
    stop.set()
    wake.set()


def _tell(prediction_id: str) -> None:
    _say(f"changed {prediction_id}")


def _pulse() -> None:
    _say("alive")


_speech = threading.Lock()


def _say(line: str) -> None:
    # A server that is gone hears nothing: that ends nothing here before the frames in hand are stored.
    with _speech, contextlib.suppress(OSError):
        print(line, flush=True)
