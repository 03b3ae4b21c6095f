"""A worker in a process of its own: `dreamreel worker`, started and fed with hints by local.py.

Lines come in on stdin ("wake": there may be new work or a cancel) and go out on stdout ("changed ID").
They are hints: without them everything happens too, a second later. The end of stdin means that the
server is gone, and the worker drains as on SIGTERM.
"""

import logging
import os
import secrets
import signal
import socket
import sys
import threading
from pathlib import Path
from types import FrameType

from dreamreel.models import catalog
from dreamreel.predictions.database import migrate, open_engine, sqlite_url
from dreamreel.predictions.service import utc_now
from dreamreel.predictions.sql import SqlStore
from dreamreel.predictions.store import WorkerRow
from dreamreel.workers.loop import Loop, Terms
from dreamreel.workers.rendering import Setup

log = logging.getLogger(__name__)
PREDICTIONS = "predictions"


def run_worker(data: Path, setup: Setup, terms: Terms, worker_id: str | None = None, hints: bool = False) -> None:
    """Opens the store in data, loads the model and works until SIGTERM, SIGINT or the end of stdin.

    hints: read and write the lines described above. Raises ModelError and DatabaseError.
    """
    worker_id = worker_id or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
    stop, wake = threading.Event(), threading.Event()
    _stop_on_signals(stop, wake)
    engine = open_engine(sqlite_url(data))
    migrate(engine)
    store = SqlStore(engine)
    if hints:
        threading.Thread(target=_listen, args=(stop, wake), daemon=True).start()
    store.save_worker(
        WorkerRow(worker_id, "loading", setup.model, setup.device, terms.versions, utc_now(), terms.slots)
    )
    bundle = catalog.load(catalog.locate(setup.model), setup.device, setup.precision)
    log.info("worker %s: %s is loaded on %s", worker_id, bundle.facts.title, bundle.facts.device)
    tell = _tell if hints else lambda _: None
    Loop(worker_id, store, bundle, setup, data / PREDICTIONS, terms, wake=wake, tell=tell).run(stop)
    store.close()


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
    print(f"changed {prediction_id}", flush=True)
