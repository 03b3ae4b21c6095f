"""What requests cost: `./run bench http [--seconds 5] [--connections 8] [--json]`.

Asks for one finished prediction and posts new ones, idle and while another is drawn, beside a bare ASGI handler that
sends the same bytes and bare transactions of SQLite with the rows of a create, in the same run. Creates have the same
input each time, or another prompt, schedule and seed each time. "a core" is what one core would do: requests by
processor seconds of the API process, so that neither the load generator nor a busy machine counts. Goals: 5,000 GET/s a
core with p99 <= 5 ms idle; 2,000 with p99 <= 20 ms while drawing; a create <= 2 ms of processor time at p50.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2

from bench.service import VERSION, Server, serving
from dreamreel.predictions.accounts import new_id
from dreamreel.predictions.record import Prediction
from dreamreel.storage.database import open_store_engine
from dreamreel.storage.rows import prediction_row
from dreamreel.storage.tables import predictions

UNLIMITED = ("--requests-per-minute", "0", "--creates-per-minute", "0", "--max-unfinished", "0", "--slots", "1")
BARE = """
import sys, uvicorn
BODY = open(sys.argv[2], "rb").read()
HEAD = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": HEAD})
        await send({"type": "http.response.body", "body": BODY})
uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False, lifespan="off", server_header=False)
"""


@contextlib.contextmanager
def bare(body: bytes) -> Iterator[Server]:
    """uvicorn with a handler that does nothing but send these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(body)
        process = subprocess.Popen([sys.executable, "-c", BARE, str(port), file.name])
        try:
            url = f"http://127.0.0.1:{port}"
            while True:
                with contextlib.suppress(httpx2.TransportError):
                    httpx2.get(url)
                    break
                time.sleep(0.1)
            yield Server(url, process.pid)
        finally:
            process.terminate()
            process.wait(30)


class Asker(asyncio.Protocol):
    """One keep-alive connection that sends one request after another, and times each answer."""

    def __init__(self, requests: Iterator[bytes], until: float) -> None:
        self._requests, self._until = requests, until
        self._left = 0
        self._head = b""
        self.latencies: list[float] = []
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        if not self._left:
            self._head += data
            head, found, body = self._head.partition(b"\r\n\r\n")
            if not found:
                return
            if head[9:10] != b"2":
                raise SystemExit(f"not answered: {head[:200]!r} {body[:200]!r}")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            self._left, data, self._head = int(length.split(b":")[1]), body, b""
        self._left -= len(data)
        if not self._left:
            now = time.perf_counter()
            self.latencies.append(now - self._began)
            if now < self._until:
                self._ask()
            else:
                self._transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        self.done.set_result(None)


async def load(server: Server, requests: Iterator[bytes], seconds: float, connections: int) -> list[float]:
    """The latencies of everything that so many connections asked in so many seconds."""
    loop, until = asyncio.get_running_loop(), time.perf_counter() + seconds
    url = httpx2.URL(server.url)
    made = [
        await loop.create_connection(lambda: Asker(requests, until), url.host, url.port) for _ in range(connections)
    ]
    await asyncio.gather(*(asker.done for _, asker in made))
    return sorted(latency for _, asker in made for latency in asker.latencies)


def measure(server: Server, request: bytes | Iterator[bytes], seconds: float, connections: int) -> dict[str, float]:
    """Requests a second, a second of a core's, and latencies in ms: loaded, and of one connection alone."""
    requests = itertools.repeat(request) if isinstance(request, bytes) else request
    cpu, started = server.cpu_seconds(), time.perf_counter()
    latencies = asyncio.run(load(server, requests, seconds, connections))
    took, cpu = time.perf_counter() - started, server.cpu_seconds() - cpu
    alone = asyncio.run(load(server, requests, seconds / 2, 1))
    return {
        "requests": len(latencies),
        "per_second": round(len(latencies) / took),
        "per_second_of_a_core": round(len(latencies) / cpu) if cpu else 0,
        "cpu_ms": round(cpu / len(latencies) * 1000, 3),
        "p50_ms": round(latencies[len(latencies) // 2] * 1000, 2),
        "p99_ms": round(latencies[len(latencies) * 99 // 100] * 1000, 2),
        "alone_p50_ms": round(alone[len(alone) // 2] * 1000, 2),
        "alone_p99_ms": round(alone[len(alone) * 99 // 100] * 1000, 2),
    }


def get_request(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def create_request(**inputs: object) -> bytes:
    body = json.dumps({"version": VERSION, "input": {"animation_prompts": "a red circle", **inputs}}).encode()
    return b"POST /v1/predictions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def new_requests() -> Iterator[bytes]:
    """Creates of which no two have the same prompt, zoom or seed."""
    for number in itertools.count(1):
        zoom = f"0: (1.0{number}), 50: (1.1)"
        yield create_request(animation_prompts=f"a red circle {number}", zoom=zoom, seed=number)


def bare_transactions(count: int) -> dict[str, float]:
    """Processor time of SQLite alone for what a create keeps: a row, an event, and the wait for the disk."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_store_engine("", Path(folder))
        engine.dispose()
        connection = sqlite3.connect(Path(folder) / "dreamreel.db", isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL")
        columns = predictions.c.keys()
        insert = f"INSERT INTO predictions ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        event = "INSERT INTO events (prediction_id, kind, at, data) VALUES (?, 'start', 0, '{}')"
        rows = [_row(columns) for _ in range(count)]
        started, latencies = time.process_time(), []
        for row in rows:
            began = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(insert, row)
            connection.execute(event, row[:1])
            connection.execute("COMMIT")
            latencies.append(time.perf_counter() - began)
        cpu = time.process_time() - started
        connection.close()
    return {"cpu_ms": round(1000 * cpu / count, 3), "p50_ms": round(1000 * sorted(latencies)[count // 2], 2)}


def _row(columns: list[str]) -> tuple[object, ...]:
    made = Prediction(new_id(), "local", VERSION, {"animation_prompts": "a red circle"}, 1, 100, datetime.now(UTC))
    row = prediction_row(made)
    return tuple(json.dumps(row[name]) if isinstance(row[name], dict | list) else row[name] for name in columns)


def create(server: Server, **inputs: object) -> str:
    body = {"version": VERSION, "input": {"animation_prompts": "a red circle", "seed": 1, **inputs}}
    return httpx2.post(f"{server.url}/v1/predictions", json=body, timeout=60).raise_for_status().json()["id"]


def status(server: Server, prediction_id: str) -> dict:
    return httpx2.get(f"{server.url}/v1/predictions/{prediction_id}", timeout=60).raise_for_status().json()


def wait_for_frames(server: Server, prediction_id: str, count: int) -> None:
    while status(server, prediction_id)["metrics"]["frames"] < count:
        time.sleep(0.2)


def run(seconds: float, connections: int) -> dict[str, dict[str, float]]:
    """All cases, in one run."""
    figures = {}
    with serving(*UNLIMITED, "--size", "64x64") as server:
        finished = create(server)
        wait_for_frames(server, finished, 20)
        httpx2.post(f"{server.url}/v1/predictions/{finished}/cancel")
        while status(server, finished)["completed_at"] is None:
            time.sleep(0.1)
        get = get_request(f"/v1/predictions/{finished}")
        with bare(json.dumps(status(server, finished)).encode()) as nothing:
            figures["bare ASGI, same bytes"] = measure(nothing, get, seconds, connections)
        figures["GET, idle"] = measure(server, get, seconds, connections)
        drawn = create(server, max_frames=1000)
        wait_for_frames(server, drawn, 3)
        figures["GET, drawing"] = measure(server, get, seconds, connections)
        running = get_request(f"/v1/predictions/{drawn}")
        figures["GET of the drawn one"] = measure(server, running, seconds, connections)
        figures["create, drawing"] = measure(server, create_request(), seconds / 2, 1)
    with serving(*UNLIMITED, draws=False) as server:  # or it would draw what is created
        figures["SQLite, the same rows"] = bare_transactions(300)
        asyncio.run(load(server, itertools.repeat(create_request()), 0.5, 1))  # the first ones import and look up
        figures["create, same input"] = measure(server, create_request(), seconds / 2, 1)
        figures["create, new input"] = measure(server, new_requests(), seconds / 2, 1)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench http", description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = run(options.seconds, options.connections)
    if options.json:
        print(json.dumps(figures))
        return
    for name, values in figures.items():
        print(f"{name:24}" + "  ".join(f"{key} {value:g}" for key, value in values.items()))


if __name__ == "__main__":
    main()
