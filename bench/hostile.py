"""Who waits while others are hostile: `./run bench hostile [--seconds 2.5] [--check --limit-ms 100] [--json]`.

Asks a server without workers for /health/live every 20 ms, idle and during each attack (bench/attacks.py): nothing that
one client sends may keep the others waiting. No attack goes on for much longer than `--seconds`: what is not answered
by then is counted as `late`, what ends without an answer as `cut`.
"""

import argparse
import concurrent.futures
import http.client
import json
import os
import re
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.attacks import Attack, all_attacks, one_of_each
from bench.service import Server, serving

EVERY_S = 0.02
PATIENCE_S = 10.0  # of the watch, and for a server that still works on an attack that is over
REST_S = 12.0  # after all attacks, before memory is measured: the server gives back what is free every 10 s
# --max-body-mb: or the largest bodies would be refused by their length alone.
OPTIONS = (
    *("--requests-per-minute", "0", "--creates-per-minute", "0", "--max-unfinished", "0", "--max-body-mb", "10"),
)


class Watch(threading.Thread):
    """Asks whether the server lives, again and again on one connection, and notes how long each answer takes."""

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(daemon=True)
        self._address = address
        self._over = threading.Event()
        self.seconds: list[float] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection(*self._address, timeout=PATIENCE_S)
        while not self._over.is_set():
            began = time.perf_counter()
            while not _lives(connection) and time.perf_counter() - began < PATIENCE_S:
                connection.close()  # asked again on a new connection; the time goes on
            self.seconds.append(time.perf_counter() - began)
            self._over.wait(max(0.0, EVERY_S - self.seconds[-1]))
        connection.close()

    def stop(self) -> dict[str, float]:
        """The figures, in ms."""
        self._over.set()
        self.join()
        taken = sorted(self.seconds)
        middle, most = taken[len(taken) // 2], taken[len(taken) * 99 // 100]
        return {name: round(each * 1000, 1) for name, each in zip(FIGURES, (middle, most, taken[-1]), strict=True)}


FIGURES = ("p50_ms", "p99_ms", "longest_ms")


def _lives(connection: http.client.HTTPConnection) -> bool:
    try:
        connection.request("GET", "/health/live")
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return False
    return answer.status == 200


def send(address: tuple[str, int], request: bytes, until: float, is_read: bool) -> str:
    """Sends a request and returns its status; "cut" where the connection ends without one, "late" where none comes."""
    try:
        with socket.socket() as connection:
            if not is_read:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(max(0.01, until - time.perf_counter()))
            connection.connect(address)
            sent = _send_all(connection, request)
            if not is_read:
                time.sleep(max(0.0, until - time.perf_counter()))
                return "held" if sent else "cut"
            return _status(connection, until)
    except TimeoutError:
        return "late"
    except OSError:
        return "cut"


def _send_all(connection: socket.socket, request: bytes) -> bool:
    try:
        connection.sendall(request)
    except ConnectionError:  # refused before it was read to its end: an answer may have come nevertheless
        return False
    return True


def _status(connection: socket.socket, until: float) -> str:
    head = b""
    while data := connection.recv(1 << 18):
        head = head or data[:12]
        connection.settimeout(max(0.01, until - time.perf_counter()))
    found = re.match(rb"HTTP/1\.1 ([0-9]{3})", head)
    return found[1].decode() if found else "cut"


def attack(address: tuple[str, int], requests: Sequence[bytes], how: Attack, seconds: float) -> dict[str, Any]:
    """Sends the requests until the time is over; the watch's figures, and how often which status came."""
    until = time.perf_counter() + seconds

    def one(request: bytes) -> str | None:
        return send(address, request, until, how.is_read) if time.perf_counter() < until else None

    watch = Watch(address)
    watch.start()
    with concurrent.futures.ThreadPoolExecutor(how.together) as pool:
        statuses = Counter(status for status in pool.map(one, requests) if status)
    return {"requests": statuses.total(), "statuses": dict(sorted(statuses.items())), **watch.stop()}


def idle(address: tuple[str, int], seconds: float) -> dict[str, Any]:
    """The same of a server that nobody attacks."""
    watch = Watch(address)
    watch.start()
    time.sleep(seconds)
    return {"requests": 0, "statuses": {}, **watch.stop()}


def _settle(server: Server) -> None:
    """Returns when the server does nothing any more, so that no attack pays for the one before."""
    until = time.perf_counter() + PATIENCE_S
    while time.perf_counter() < until:
        before = server.cpu_seconds()
        time.sleep(0.2)
        if server.cpu_seconds() - before <= 0.03:
            return


def run(attacks: Iterator[Attack], seconds: float) -> dict[str, Any]:
    """All attacks one after another: {"idle" or attack: figures}, and the server's memory in MB."""
    with serving(*OPTIONS, draws=False) as server:
        host, port = server.url.removeprefix("http://").rsplit(":", 1)
        address = (host, int(port))
        for request in one_of_each():  # what is loaded at the first request of a kind is no growth
            send(address, request, time.perf_counter() + PATIENCE_S, is_read=True)
        rows = {"idle": idle(address, seconds)}
        before = server.memory_mb()
        for each in attacks:
            requests = each.requests()  # not while the watch measures: both need Python's lock
            rows[each.name] = attack(address, requests, each, seconds)
            _settle(server)
        time.sleep(REST_S)
        most = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{server.pid}/status").read_text())
        memory = {"before": before, "after": server.memory_mb(), "most": int(most[1]) / 1024 if most else 0.0}
    return {"rows": rows, "memory_mb": {name: round(value, 1) for name, value in memory.items()}}


def show(figures: dict[str, Any]) -> None:
    """Prints the table."""
    print(f"{'attack':22}{'requests':>9}{'p50 ms':>9}{'p99 ms':>9}{'longest':>9}  statuses")
    for name, row in figures["rows"].items():
        statuses = ", ".join(f"{count}x {status}" for status, count in row["statuses"].items())
        print(f"{name:22}{row['requests']:9}" + "".join(f"{row[each]:9.1f}" for each in FIGURES) + f"  {statuses}")
    memory = figures["memory_mb"]
    change = (memory["after"] / memory["before"] - 1) * 100
    print(f"memory: {memory['before']} MB before, {memory['after']} after ({change:+.0f} %), {memory['most']} at most")
    print("load average: " + ", ".join(f"{each:.1f}" for each in os.getloadavg()))


def too_long(figures: dict[str, Any], limit_ms: float) -> list[str]:
    """The attacks during which somebody waited for longer than that."""
    return [name for name, row in figures["rows"].items() if row["longest_ms"] > limit_ms]


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench hostile", description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=2.5, help="the longest that an attack takes")
    parser.add_argument("--only", default="", metavar="TEXT", help="the attacks whose names hold this text")
    parser.add_argument("--check", action="store_true", help="exit with 1 if an answer took longer than --limit-ms")
    parser.add_argument("--limit-ms", type=float, default=100.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = run((each for each in all_attacks() if options.only in each.name), options.seconds)
    if options.json:
        print(json.dumps(figures))
    else:
        show(figures)
    late = too_long(figures, options.limit_ms)
    if options.check and late:
        sys.exit(f"waited for longer than {options.limit_ms:g} ms during: {', '.join(late)}")


if __name__ == "__main__":
    main()
