"""Kills workers and servers at random until every prediction has ended: `./run chaos [--predictions 20] [--seed 1]`.

Predictions are posted to a real server, each with a webhook. Again and again, once frames have come since the last
time, a worker, the server, or both at once get SIGKILL; a killed server is started again. When all have ended, each
prediction is drawn once more, undisturbed, in this process, and frames and videos are compared. The last line is

    accepted N, succeeded N, lost 0, frames differing 0, webhooks missing 0

and the exit code is 0 if it reads like that. Linux only: it looks for workers in /proc.
"""

import argparse
import contextlib
import hashlib
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO

import httpx2

VERSION = "deforum/deforum_stable_diffusion"
TERMINAL = ("succeeded", "failed", "canceled")
SAMPLERS = ("euler", "euler_ancestral", "klms", "dpm2_ancestral", "ddim")
KINDS = ("worker", "server", "both")
FORK_SERVER = "dreamreel fork"  # a process's name has 15 characters
# Of a server: nothing of it may last longer on a slow machine; only what hangs runs into it.
PATIENCE_S = 600.0


@dataclass(frozen=True)
class Options:
    """What to do. every_s: the longest time from the first new frame to a kill. most_kills: then let it finish."""

    predictions: int = 20
    frames: int = 100
    every_s: float = 4.0
    most_kills: int = 10_000
    seed: int = 1
    model: str = "tiny-sd"
    size: str = "64x64"
    steps: int = 4
    slots: int = 4


@dataclass(frozen=True)
class Result:
    """How it went."""

    accepted: int
    succeeded: int
    lost: int
    frames_differing: int
    videos_differing: int
    webhooks_missing: int
    kills: dict[str, int]

    @property
    def is_good(self) -> bool:
        bad = self.lost + self.frames_differing + self.videos_differing + self.webhooks_missing
        return self.succeeded == self.accepted and bad == 0

    def lines(self) -> list[str]:
        killed = ", ".join(f"{kind} {count}" for kind, count in self.kills.items())
        return [
            f"killed: {killed}; videos differing {self.videos_differing}",
            f"accepted {self.accepted}, succeeded {self.succeeded}, lost {self.lost}, "
            f"frames differing {self.frames_differing}, webhooks missing {self.webhooks_missing}",
        ]


class Receiver:
    """Takes webhooks. completed: ids of predictions whose end was told."""

    def __init__(self) -> None:
        self.completed: set[str] = set()
        completed = self.completed

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if body["status"] in TERMINAL:
                    completed.add(body["id"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()


def begin(arguments: list[str], log: BinaryIO) -> subprocess.Popen[bytes]:
    """A process of the command line. log: takes all that it says."""
    return subprocess.Popen([sys.executable, "-m", "dreamreel", *arguments], stdout=log, stderr=log)


Begin = Callable[[list[str], BinaryIO], Any]


@dataclass(eq=False)
class Service:
    """A server on a port that it keeps, whatever happens to it. begin: starts a process like subprocess.Popen's."""

    data: Path
    options: Options
    begin: Begin
    port: int = field(default_factory=lambda: _free_port())
    process: Any = None

    def __post_init__(self) -> None:
        self.http = httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30)

    def start(self) -> None:
        """Starts it; it answers a while later."""
        arguments = ["serve", "--port", self.port, "--data", self.data, "--model", self.options.model, "--lease-s", 3]
        arguments += ["--size", self.options.size, "--steps", self.options.steps, "--slots", self.options.slots]
        with (self.data.parent / "chaos.log").open("ab") as log:
            self.process = self.begin([str(each) for each in arguments], log)

    def kill(self, kind: str) -> bool:
        """SIGKILL for a worker, the server, or all of them; False if there was no worker to kill."""
        assert self.process is not None
        workers = _workers(self.process.pid)
        if kind != "server" and not workers:
            return False
        if kind != "worker":
            self.process.kill()
            self.process.wait()
        if kind != "server":
            for pid in workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        if kind != "worker":
            self.start()
        return True

    def ask(self, method: str, path: str, **arguments: Any) -> Any:
        """The JSON of an answer; asks again while the server is not there."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                answer = self.http.request(method, path, **arguments)
                if answer.is_success:
                    return answer.json()
                problem = f"{answer.status_code}: {answer.text[:200]}"
            except (httpx2.TransportError, httpx2.TimeoutException) as error:
                problem = f"{type(error).__name__}: {error}"
            if time.monotonic() > until:
                raise SystemExit(f"{method} {path}: {problem}")
            time.sleep(0.2)

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        self.http.close()
        return self.process.wait(60)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _workers(pid: int) -> list[int]:
    """The children of a server but for the fork server, where the next ones come from."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            children = [int(child) for child in task.read_text().split()]
            names = {each: Path(f"/proc/{each}/comm").read_text().strip() for each in children}
            found += [each for each, name in names.items() if name != FORK_SERVER]
    return found


def inputs(options: Options) -> list[dict[str, Any]]:
    """The input of each prediction, with its seed."""
    dice = random.Random(options.seed)
    half = options.frames // 2
    return [
        {
            "animation_prompts": f"0: a red circle number {number} | {half}: a blue square",
            "max_frames": options.frames,
            "sampler": SAMPLERS[number % len(SAMPLERS)],
            "zoom": f"0: ({1 + dice.randint(0, 5) / 100})",
            "seed": dice.randrange(2**32),
        }
        for number in range(options.predictions)
    ]


def run(options: Options, say: Any = lambda _: None, begin: Begin = begin) -> Result:
    """The whole of it. say: is told what happens."""
    receiver = Receiver()
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder) / "data", options, begin)
        service.start()
        try:
            wanted = inputs(options)
            body = {"version": VERSION, "webhook": receiver.url, "webhook_events_filter": ["completed"]}
            headers = [{"Idempotency-Key": f"chaos-{number}"} for number in range(len(wanted))]
            ids = [
                service.ask("POST", "/v1/predictions", json={**body, "input": each}, headers=header)["id"]
                for each, header in zip(wanted, headers, strict=True)
            ]
            kills = _kill_until_ended(service, ids, options, say)
            ended = [service.ask("GET", f"/v1/predictions/{each}") for each in ids]
            _wait_for_webhooks(receiver, ids)
            say(f"all have ended; drawing {len(ids)} again, undisturbed")
            differing = [_differing(service.data, each, raw, options) for each, raw in zip(ids, wanted, strict=True)]
        finally:
            code = service.stop()
            receiver.close()
        if code != 0:
            raise SystemExit(f"the server ended with exit code {code} after SIGTERM")
    return Result(
        accepted=len(ids),
        succeeded=sum(each["status"] == "succeeded" for each in ended),
        lost=sum(each["status"] not in TERMINAL for each in ended),
        frames_differing=sum(frames for frames, _ in differing),
        videos_differing=sum(video for _, video in differing),
        webhooks_missing=len(set(ids) - receiver.completed),
        kills=kills,
    )


def _kill_until_ended(service: Service, ids: list[str], options: Options, say: Any) -> dict[str, int]:
    dice = random.Random(options.seed)
    kills = dict.fromkeys(KINDS, 0)
    began, last_done, drawing_since = time.monotonic(), 0, None
    pause, order = dice.uniform(0.2, options.every_s), [*KINDS]
    while True:
        found = service.ask("GET", "/v1/predictions")["results"]
        done, num_ended = sum(each["metrics"]["frames"] for each in found), sum(e["status"] in TERMINAL for e in found)
        now = time.monotonic()
        if num_ended == len(ids) or now - began > PATIENCE_S * len(ids):
            return kills
        if done > last_done and drawing_since is None:
            drawing_since = now
        if drawing_since and now - drawing_since >= pause and sum(kills.values()) < options.most_kills:
            # Each kind once, then any. A worker may still be on its way: the frames were those of the one before it.
            kind = order[0] if order else dice.choice(KINDS)
            if service.kill(kind):
                del order[:1]
                kills[kind] += 1
                say(f"{now - began:6.1f} s: SIGKILL for {kind:6}  {done} frames done, {num_ended} of {len(ids)} ended")
                last_done, drawing_since, pause = done, None, dice.uniform(0.2, options.every_s)
        time.sleep(0.1)


def _wait_for_webhooks(receiver: Receiver, ids: list[str]) -> None:
    until = time.monotonic() + 60
    while set(ids) - receiver.completed and time.monotonic() < until:
        time.sleep(0.1)


def _differing(data: Path, prediction_id: str, raw: dict[str, Any], options: Options) -> tuple[int, int]:
    """(frames that are not what an undisturbed drawing gives, 1 if the video is not)."""
    import torch

    from dreamreel.rendering.animation import prepare
    from dreamreel.rendering.output import Output
    from dreamreel.rendering.setup import Setup
    from dreamreel.video.frames import FrameFolder

    folder = data / "predictions" / prediction_id
    kept = FrameFolder(folder / "frames")
    with contextlib.suppress(OSError):
        torch.set_num_threads(json.loads((folder / "manifest.json").read_text())["threads"])
    width, height = map(int, options.size.split("x"))
    animation = prepare(raw, Setup(options.model, width, height, options.steps))
    animation.bundle = _bundle(animation)
    differing = 0
    with tempfile.TemporaryDirectory() as scratch, Output(animation, Path(scratch) / "out.mp4") as output:
        for frame in animation:
            output.add(frame)
            image = kept.load(frame.idx)
            differing += image is None or image.tobytes() != frame.image.tobytes()
        video = output.finish()
        shown = folder / "out.mp4"
        is_same = shown.is_file() and _digest(shown) == _digest(video)
    return differing, int(not is_same)


_LOADED: list[Any] = []


def _bundle(animation: Any) -> Any:
    if not _LOADED:
        _LOADED.append(animation.bundle)
    return _LOADED[0]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run chaos", description=__doc__.split("\n")[0])
    for name, value in vars(Options()).items():
        parser.add_argument(
            "--" + re.sub("_s$", "", name).replace("_", "-"), dest=name, type=type(value), default=value
        )
    options = Options(**vars(parser.parse_args()))
    result = run(options, lambda line: print(line, file=sys.stderr, flush=True))
    print("\n".join(result.lines()))
    sys.exit(0 if result.is_good else 1)


if __name__ == "__main__":
    main()
