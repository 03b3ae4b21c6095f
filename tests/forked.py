"""Processes forked from one that has the libraries and the tiny model loaded: begun in a blink.

`start` is a worker alone; `Program` is the whole command line, with arguments, environment, signals and streams of its
own. All that it lacks of a command that a shell starts is the interpreter's start and the imports.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from multiprocessing.reduction import DupFd
from pathlib import Path

from dreamreel.rendering.checkpoints import Checkpoints
from dreamreel.rendering.setup import Setup
from dreamreel.storage.database import open_engine, sqlite_url
from dreamreel.storage.sql import SqlStore
from dreamreel.workers.loop import Loop, Terms
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
    models = Checkpoints(setup, {"tiny-sd": tiny.bundle()})
    Loop(worker, store, models, data / "predictions", Terms(("v1",), **terms)).run(stop)
    store.close()


class Program:
    """`dreamreel ARGUMENTS`, forked, with as much of subprocess.Popen as tests need. stdout, stderr: open files."""

    def __init__(self, arguments, stdout, stderr, cwd=None, env=None):
        env, cwd = dict(os.environ if env is None else env), str(cwd or Path.cwd())
        self._process = CONTEXT.Process(target=_run, args=(list(arguments), env, cwd, _Streams(stdout, stderr)))
        self._process.start()
        self.pid = self._process.pid

    @property
    def returncode(self):
        return self._process.exitcode

    def poll(self):
        return self._process.exitcode

    def wait(self, timeout=None):
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(["dreamreel"], timeout)
        return self._process.exitcode

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def kill(self):
        self.send_signal(signal.SIGKILL)


class _Streams:
    """Two open files on their way into another process."""

    def __init__(self, *files):
        self._files = files

    def __reduce__(self):
        return _opened, tuple(DupFd(file.fileno()) for file in self._files)


def _opened(*sent):
    return [each.detach() for each in sent]


def begin_anew(arguments, stdout, stderr, cwd=None, env=None):
    """`dreamreel ARGUMENTS` as a shell would start it."""
    command = [sys.executable, "-m", "dreamreel", *arguments]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, cwd=cwd, env=env)


# Forks elsewhere than on Linux do not go well with libraries that hold threads.
begin = Program if sys.platform == "linux" else begin_anew


def _run(arguments, env, cwd, streams):
    from dreamreel.cli.main import main

    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, stream in enumerate(streams, 1):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(fd, mode, 1, closefd=False) for fd, mode in enumerate("rww"))
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = ["dreamreel", *arguments]
    main()
