"""A real `dreamreel serve` in a process of its own, and what tests ask of it.

The fixture `server` (conftest.py) starts one for each module; `serving(...)` starts one with other settings. It answers
before its worker has loaded the model: `wait_until_ready` waits for that, and predictions simply queue until then.
Servers are forked from a process that has done all imports (tests/forked.py), but for those that begin `anew`.
"""

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests import forked
from typer.testing import CliRunner

from dreamreel.cli.main import app

VERSION = "e22e77495f2fb83c34d5fae2ad8ab63c0a87b6b573b6208e1535b23b89ea66d6"
MODEL = "deforum/deforum_stable_diffusion"
TERMINAL = ("succeeded", "failed", "canceled")
# A slow, loaded machine: nothing here measures time, so these only bound what hangs.
PATIENCE_S = 240.0  # below the limit of a test (pyproject.toml), so that it can say what it waited for
# A client without a token. One for all: each new one reads the machine's certificates, and its patience is 5 s.
HTTP = httpx2.Client(timeout=PATIENCE_S)
FORK_SERVER = "dreamreel fork"  # a process's name has 15 characters
MODEL_NAME, SIDE, STEPS = "tiny-sd", 32, 4
OPTIONS = ("--model", MODEL_NAME, "--size", f"{SIDE}x{SIDE}", "--steps", str(STEPS))


def wait_for(look: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """The first true value of look(); fails the test, naming what, if none comes in time."""
    until = time.monotonic() + patience_s
    while not (found := look()):
        if time.monotonic() > until:
            pytest.fail(f"not within {patience_s:g} s: {what}")
        time.sleep(0.05)
    return found


@dataclass(eq=False)
class Server:
    """A running server. url: its origin, without /v1. data: its folder. log: what it and its workers say."""

    url: str
    data: Path
    log: Path
    process: subprocess.Popen[bytes] | forked.Program
    token: str = ""
    http: httpx2.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = self.client(self.token)

    def client(self, token: str = "") -> httpx2.Client:
        """A plain HTTP client of the server, with that token."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=PATIENCE_S)

    def create(self, headers: dict[str, str] | None = None, **inputs: Any) -> dict[str, Any]:
        """Posts a prediction (100 frames unless told otherwise) and returns its object."""
        body = {"version": VERSION, "input": {"animation_prompts": "a red circle", "sampler": "euler", **inputs}}
        answer = self.http.post("/v1/predictions", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def get(self, prediction_id: str) -> dict[str, Any]:
        """The prediction as it is now."""
        answer = self.http.get(f"/v1/predictions/{prediction_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def wait(self, prediction_id: str) -> dict[str, Any]:
        """The prediction once it has ended."""
        wait_for(lambda: self.get(prediction_id)["status"] in TERMINAL, f"the end of {prediction_id}\n{self.said()}")
        return self.get(prediction_id)

    def wait_for_frames(self, prediction_id: str, count: int) -> dict[str, Any]:
        """The prediction once so many of its frames are done."""
        wait_for(lambda: self.get(prediction_id)["metrics"]["frames"] >= count, f"frame {count} of {prediction_id}")
        return self.get(prediction_id)

    def cancel(self, prediction_id: str) -> dict[str, Any]:
        """Cancels a prediction and returns the answer."""
        answer = self.http.post(f"/v1/predictions/{prediction_id}/cancel")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def is_ready(self) -> bool:
        """Whether a worker has loaded its model."""
        return self.http.get("/health/ready").status_code == 200

    def wait_until_ready(self) -> None:
        """Returns once a worker has loaded its model."""
        wait_for(self.is_ready, f"a ready worker\n{self.said()}")

    def worker_pids(self) -> list[int]:
        """The workers that the server started and that live (Linux only)."""
        return [pid for pid, name in self.children() if name != FORK_SERVER]

    def children(self) -> list[tuple[int, str]]:
        """(process id, name) of each process that the server started and that lives (Linux only)."""
        found = []
        for task in Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            for pid in task.read_text().split():
                with contextlib.suppress(OSError):
                    found.append((int(pid), Path(f"/proc/{pid}/comm").read_text().strip()))
        return found

    def said(self) -> str:
        """The end of the log."""
        return self.log.read_text("utf-8", "replace")[-4000:]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Sends a signal and returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


def token_for(data: Path, name: str, *options: str) -> str:
    """A new token for the server of that folder. options: of `dreamreel token create`."""
    command = ["token", "create", "--name", name, "--data", str(data), *options]
    made = CliRunner().invoke(app, command, catch_exceptions=False)
    assert made.exit_code == 0, made.output
    return made.stdout.strip()


def start(data: Path, *options: str, token: str = "", anew: bool = False, **environment: str) -> Server:
    """Starts a server and returns once it answers. options: of `dreamreel serve`; later ones win."""
    data.mkdir(parents=True, exist_ok=True)
    log = data.parent / f"{data.name}.log"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DREAMREEL_")}
    command = ["serve", "--port", "0", "--data", str(data), *OPTIONS, *options]
    begins = log.stat().st_size if log.exists() else 0
    with log.open("ab") as file:
        begin = forked.begin_anew if anew else forked.begin
        process = begin(command, file, file, env={**clean, **environment})

    def address() -> str:
        found = re.search(rb"dreamreel serves .* on (http://\S+)", log.read_bytes()[begins:])
        if process.poll() is not None:
            pytest.fail(f"the server did not start: {log.read_text('utf-8', 'replace')[-4000:]}")
        return found[1].decode() if found else ""

    server = Server(wait_for(address, "the server's address"), data, log, process, token)
    wait_for(lambda: _answers(server), "an answer of the server")
    return server


def _answers(server: Server) -> bool:
    with contextlib.suppress(httpx2.TransportError):
        return server.http.get("/health/live").status_code == 200
    return False


@contextlib.contextmanager
def serving(data: Path, *options: str, token: str = "", anew: bool = False, **environment: str) -> Iterator[Server]:
    """A server on the folder data, stopped at the end."""
    server = start(data, *options, token=token, anew=anew, **environment)
    try:
        yield server
    finally:
        server.http.close()
        try:
            server.stop()
        except subprocess.TimeoutExpired:
            server.process.kill()
            server.process.wait()
