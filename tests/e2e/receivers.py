"""Receivers of webhooks: HTTP servers on loopback in threads of the test."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Delivered:
    """One request. body: its exact bytes. answered: the status it got."""

    headers: dict[str, str]
    body: bytes
    answered: int

    @property
    def id(self) -> str:
        """The message's id."""
        return self.headers["webhook-id"]

    @property
    def prediction(self) -> dict[str, Any]:
        """The prediction as it was told."""
        return json.loads(self.body)

    @property
    def seq(self) -> int:
        """The place of the event that it tells of, which our ids end with."""
        return int(self.id.rsplit("_", 1)[1])


@dataclass(eq=False)
class Receiver:
    """What came to one address. status: what the next request is answered, or a function that decides."""

    url: str = ""
    status: int | Callable[[Delivered], int] = 200
    got: list[Delivered] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Writes a request down and says how to answer it."""
        status = self.status if isinstance(self.status, int) else self.status(Delivered(headers, body, 0))
        with self._lock:
            self.got.append(Delivered(headers, body, status))
        return status

    def accepted(self) -> list[Delivered]:
        """What was answered 2xx, as it came."""
        with self._lock:
            return [each for each in self.got if 200 <= each.answered < 300]

    def completed(self) -> set[str]:
        """The ids of predictions whose end was accepted."""
        return {each.prediction["id"] for each in self.accepted() if each.prediction["completed_at"]}


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that listens."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(receiver.take(headers, body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
