"""Workers in processes of their own, forked from one that has the tiny model loaded: begun in a blink."""

import multiprocessing
import signal
import threading
from pathlib import Path

from dreamreel.predictions.database import open_engine, sqlite_url
from dreamreel.predictions.sql import SqlStore
from dreamreel.workers.loop import Loop, Terms
from dreamreel.workers.rendering import Setup
from tests import tiny

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.forked", "tests.tiny_loaded"])


def start(data: Path, worker: str, **terms) -> multiprocessing.Process:
    """A worker on the store in data, until it is killed or gets SIGTERM."""
    process = CONTEXT.Process(target=_work, args=(data, worker, terms), daemon=True)
    process.start()
    return process


def _work(data, worker, terms):
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    store = SqlStore(open_engine(sqlite_url(data)))
    setup = Setup("tiny-sd", steps=4, device="cpu")
    Loop(worker, store, tiny.bundle(), setup, data / "predictions", Terms(("v1",), **terms)).run(stop)
    store.close()
