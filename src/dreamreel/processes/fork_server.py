"""The fork server: a process that has the libraries imported, and nothing else, and forks the server's workers.

Importing what draws takes 3.3 s of processor time; a worker that is forked from here is ready after 0.35 s (measured),
and all workers of a server share these pages. The fork server has no model, no connection and no thread of Python's,
because those do not survive a fork. A server without one, or whose fork server is gone, starts Python anew for each
worker.

Linux only. A worker is nevertheless a child of the server, which learns its exit code and shows it beneath itself in
`ps`; the standard library's fork server keeps its processes as its own children.
"""

import ctypes
import fcntl
import gc
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, TextIO

from dreamreel.boundary import carrying_on

log = logging.getLogger(__name__)
PR_SET_CHILD_SUBREAPER = 36
NAME = "fork server"


@dataclass(eq=False)
class Child:
    """A forked worker, with as much of subprocess.Popen as LocalWorker needs."""

    pid: int
    stdin: TextIO
    stdout: TextIO
    returncode: int | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def poll(self) -> int | None:
        """The exit code; None while it runs, or while another thread reads the code."""
        # Never waiting for the lock: a signal's handler may have interrupted the very one that holds it.
        if self.returncode is None and self._lock.acquire(blocking=False):
            try:
                self._reap()
            finally:
                self._lock.release()
        return self.returncode

    def _reap(self) -> None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code. Raises subprocess.TimeoutExpired after timeout seconds."""
        until = time.monotonic() + timeout if timeout is not None else float("inf")
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired([NAME], timeout or 0.0)
            time.sleep(0.02)
        return code

    def terminate(self) -> None:
        """SIGTERM, if it runs."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL, if it runs."""
        self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it has ended, and another thread has reaped it
                os.kill(self.pid, number)


@dataclass(eq=False)
class ForkServer:
    """The server's end of a fork server."""

    pid: int
    _requests: socket.socket
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def open(cls, prepare: Callable[[], None], main: Callable[[], None]) -> "ForkServer | None":
        """Forks this process, which must have no threads, locks or connections yet, and returns at once.

        prepare: run once here: imports. main: run in each worker, with sys.argv set. None where the kernel
        would not make workers the server's children.
        """
        if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
            return None
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        pid = os.fork()
        if pid == 0:
            ours.close()
            _keep(theirs, prepare, main)
        theirs.close()
        return cls(pid, ours)

    def start(self, arguments: list[str], environment: Mapping[str, str]) -> Child | None:
        """A worker with these arguments and this environment, None if none could be forked; waits for the imports.

        On any thread, also while another closes the fork server.
        """
        stdin, write = os.pipe()
        read, stdout = os.pipe()
        request = json.dumps([arguments, dict(environment)]).encode()
        try:
            with self._lock:
                socket.send_fds(self._requests, [len(request).to_bytes(4, "big")], [stdin, stdout])
                self._requests.sendall(request)
                pid = int.from_bytes(_read(self._requests, 4), "big")
            if not pid:
                raise ChildProcessError("the fork server could not fork")
        except OSError as error:
            if self._requests.fileno() >= 0:  # not closed by ourselves
                log.warning(
                    "no worker came from the fork server (%s); one is started without it, which takes longer",
                    error,
                )
            os.close(write)
            os.close(read)
            return None
        finally:
            os.close(stdin)
            os.close(stdout)
        return Child(pid, os.fdopen(write, "w", 1), os.fdopen(read))

    def close(self) -> None:
        """Kills the fork server; its workers go on."""
        self._requests.close()
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def _keep(requests: socket.socket, prepare: Callable[[], None], main: Callable[[], None]) -> NoReturn:
    """The fork server's life: until the server's end of the socket is closed."""
    code = 1
    try:
        with carrying_on(log, "the fork server ends; workers are started without it"):
            _name_process(NAME)
            # Ctrl+C, or a signal to all of a service at once, is meant for the server and its workers.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            prepare()
            gc.collect()
            gc.freeze()
            while _fork_worker(requests, main):
                pass
            code = 0
    finally:
        os._exit(code)


def _fork_worker(requests: socket.socket, main: Callable[[], None]) -> bool:
    """Forks one worker at the server's request; False once the server has closed its end."""
    size, fds, _, _ = socket.recv_fds(requests, 4, 2)
    if not size:
        return False
    arguments, environment = json.loads(_read(requests, int.from_bytes(size, "big")))
    pid_in, pid_out = os.pipe()
    between = os.fork()
    if between == 0:
        # An orphan goes to the server.
        if os.fork() == 0:
            requests.close()
            _run_worker(fds, arguments, environment, pid_out, main)
        os._exit(0)
    os.close(pid_out)
    for fd in fds:
        os.close(fd)
    os.waitpid(between, 0)
    requests.sendall(os.read(pid_in, 4) or bytes(4))
    os.close(pid_in)
    return True


def _run_worker(
    fds: list[int], arguments: list[str], environment: dict[str, str], pid_out: int, main: Callable[[], None]
) -> NoReturn:
    """The forked process: writes its pid to pid_out, runs main, and ends."""
    code: object = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        # Only now, when SIGTERM would be heard.
        os.write(pid_out, os.getpid().to_bytes(4, "big"))
        os.close(pid_out)
        with carrying_on(log, "a forked worker ends before it began", worker=_name_of(arguments)):
            _name_process(arguments[0])
            _take_streams(fds)
            sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
            os.environ.clear()
            os.environ.update(environment)
            sys.argv = ["dreamreel", *arguments]
            main()
            code = 0
    except SystemExit as end:
        code = end.code
    finally:
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(bool(code)))


def _name_of(arguments: list[str]) -> str:
    """The worker that is started with these arguments: what follows the last `--id`, or what it is called."""
    at = len(arguments) - arguments[::-1].index("--id") if "--id" in arguments else 0
    return arguments[at] if at < len(arguments) else arguments[0]


def _take_streams(fds: list[int]) -> None:
    """Makes fds stdin and stdout. Of a server that had none they may be these very numbers, in another order."""
    above = [fcntl.fcntl(fd, fcntl.F_DUPFD, 3) for fd in fds]
    for fd in fds:
        os.close(fd)
    for number, fd in enumerate(above):
        os.dup2(fd, number)
        os.close(fd)


def _name_process(name: str) -> None:
    """Names this process in `top` and `ps -A`."""
    with suppress(OSError):  # /proc may be hidden
        Path("/proc/self/comm").write_text(f"dreamreel {name}"[:15])


def _read(connection: socket.socket, size: int) -> bytes:
    """Raises ConnectionError if the other end is closed first."""
    found = bytearray()
    while len(found) < size:
        if not (chunk := connection.recv(size - len(found))):
            raise ConnectionResetError("the other end is closed")
        found += chunk
    return bytes(found)
