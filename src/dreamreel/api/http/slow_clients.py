"""Bounds on what a client may hold open: time for a request to arrive, the size of its head, connections of an address.

They lie below the application, which sees a request only once its head is whole. Sizes are those of common proxies.
"""

import asyncio
import ipaddress
import logging
from collections import Counter
from dataclasses import dataclass

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from dreamreel.api.http.middleware import headers_of_every_answer
from dreamreel.api.http.problems import Problem
from dreamreel.api.http.rate_limit import UNLIMITED
from dreamreel.api.http.request_ids import HEADER
from dreamreel.predictions.accounts import new_id

log = logging.getLogger(__name__)
MOST_HEADER_BYTES, MOST_TARGET_BYTES = 64 * 1024, 8 * 1024
# So long a refused client may go on to send: closed while bytes are under way, the network drops the answer, too.
LINGER_S = 2.0


@dataclass(frozen=True)
class Bounds:
    """header_s, body_s: seconds for the head of a request and for each piece of its body.

    connections: of one address. Each is 0 for no bound. proxied: loopback peers speak for others and are not counted.
    uncounted: (requests left, seconds) in the headers of a refusal, which no token is counted for.
    """

    header_s: float
    body_s: float
    connections: int
    proxied: bool = False
    uncounted: tuple[int, int] = (UNLIMITED, 0)


def bounded_protocol(bounds: Bounds) -> type[HttpToolsProtocol]:
    """What `uvicorn.Config(http=...)` takes. One server's connections are counted together."""
    return type("Bounded", (BoundedProtocol,), {"bounds": bounds, "peers": Counter()})


class BoundedProtocol(HttpToolsProtocol):
    """One connection. What is too slow or too large is answered with a problem document, then closed.

    A clock runs only while a request is incomplete and its rest is the client's to send: neither between requests, nor
    while an answer is made or streamed, nor while the application is behind in reading the body.
    """

    bounds: Bounds
    peers: Counter[str]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts the clock of the first request's head; refuses an address that has too many connections."""
        super().connection_made(transport)
        self._clock: asyncio.TimerHandle | None = None
        self._is_pending = self._in_body = self._is_refused = False
        self._header_bytes = self._since_landmark = 0
        self._fault: Problem | None = None
        self._peer = _peer_of(self.client[0] if self.client else "", self.bounds.proxied)
        self.peers[self._peer] += 1
        if self._peer and 0 < self.bounds.connections < self.peers[self._peer]:
            self._is_refused = True
            self._write(_too_many_connections(self.bounds.connections))
            transport.close()  # at once: a refused client must hold nothing
        else:
            self._start_clock(self.bounds.header_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the connection."""
        self._stop_clock()
        self.peers[self._peer] -= 1
        if not self.peers[self._peer]:
            del self.peers[self._peer]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feeds the parser, whose callbacks follow, and sets the clock by what is still missing then."""
        if self._is_refused:
            return
        self._is_pending = True
        self._since_landmark += len(data)
        super().data_received(data)
        # The parser keeps what is between two landmarks, such as a header without an end.
        if self._is_pending and self._since_landmark > MOST_HEADER_BYTES:
            self._refuse(_headers_too_large())
        self._set_clock()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._is_pending, self._header_bytes, self._since_landmark = True, 0, 0

    def on_url(self, url: bytes) -> None:
        """A piece of the request's path and query."""
        super().on_url(url)
        if len(self.url) > MOST_TARGET_BYTES:
            detail = f"The address of the request is longer than {MOST_TARGET_BYTES} bytes."
            self._fail(Problem(414, detail, title="URI Too Long"))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A whole header, or a whole trailer of a chunked body."""
        self._header_bytes += len(name) + len(value) + len(": \r\n")
        if self._header_bytes > MOST_HEADER_BYTES:
            self._fail(_headers_too_large())
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        super().on_headers_complete()
        self._stop_clock()
        self._in_body, self._since_landmark = True, 0

    def on_body(self, body: bytes) -> None:
        """A piece of the body. Once it is answered, more of it wins no time."""
        super().on_body(body)
        self._since_landmark = 0
        if not self.cycle.response_complete:
            self._stop_clock()

    def on_message_complete(self) -> None:
        """The whole request is here."""
        super().on_message_complete()
        self._stop_clock()
        self._is_pending = self._in_body = False

    def on_response_complete(self) -> None:
        """The client has its answer; the rest of a request that it has begun meanwhile is due."""
        super().on_response_complete()
        self._set_clock()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are not ours
        """What uvicorn calls when the parser, or a callback above, raises."""
        self._refuse(self._fault or Problem(400, "The request is not well-formed HTTP.", title="Bad Request"))

    def _unsupported_upgrade_warning(self) -> None:
        """What uvicorn calls where a client asks for another protocol. It gets its answer in this one (RFC 9110 7.8).

        That is no fault here, and uvicorn's two warnings for each would let anyone fill the log.
        """
        log.debug("%s: asked for another protocol, and is answered over HTTP/1.1", self._peer)

    def _fail(self, problem: Problem) -> None:
        """Ends the parsing. Raises the problem, which the parser wraps in an error of its own."""
        self._fault = problem
        raise problem

    def _is_answering(self) -> bool:
        """Whether a request before the one that arrives is still being answered."""
        if self.pipeline or self._in_body:
            return bool(self.pipeline)
        return self.cycle is not None and not self.cycle.response_complete

    def _set_clock(self) -> None:
        if self._clock is None and self._is_pending and not (self._is_refused or self.transport.is_closing()):
            if self._in_body:
                self._start_clock(self.bounds.body_s)
            elif not self._is_answering():
                self._start_clock(self.bounds.header_s)

    def _start_clock(self, seconds: float) -> None:
        self._clock = self.loop.call_later(seconds, self._time_is_up) if seconds else None

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _time_is_up(self) -> None:
        self._clock = None
        if self._in_body and self.flow.read_paused:  # it is the application that is behind
            self._set_clock()
        elif not self._is_pending:  # opened in advance, as browsers do: there is nothing to answer
            self.transport.close()
        else:
            what, seconds = (
                ("The next piece of the body", self.bounds.body_s)
                if self._in_body
                else ("The head of the request", self.bounds.header_s)
            )
            detail = f"{what} did not arrive within {seconds:g} s."
            self._refuse(Problem(408, detail, title="Request Timeout"))

    def _refuse(self, problem: Problem) -> None:
        """Answers in the place of the application where nothing has been answered, and ends the connection."""
        if self._is_refused or self.transport.is_closing():
            return
        self._is_refused = True
        self._stop_clock()
        if self._is_answering():
            self.cycle.keep_alive = False  # closed once that answer is out
            return
        if self._in_body:
            has_answer = self.cycle.response_started
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if has_answer:
                self.transport.close()
                return
        self._write(problem)
        self.transport.write_eof()
        self.flow.resume_reading()
        self._clock = self.loop.call_later(LINGER_S, self.transport.close)

    def _write(self, problem: Problem) -> None:
        answer = problem.response()
        # The id is made here: what the client calls its request may be what did not arrive.
        told = [
            *headers_of_every_answer(*self.bounds.uncounted),
            (HEADER, new_id().encode()),
            (b"connection", b"close"),
        ]
        headers = [*self.server_state.default_headers, *answer.raw_headers, *told]
        head = b"".join(b"%s: %s\r\n" % header for header in headers)
        self.transport.write(STATUS_LINE[problem.status] + head + b"\r\n" + bytes(answer.body))


def _peer_of(host: str, proxied: bool) -> str:
    """Whom a connection is counted for: an IPv4 address or the /64 that a site has of IPv6; empty for nobody."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    address = getattr(address, "ipv4_mapped", None) or address
    if proxied and address.is_loopback:
        return ""
    return str(address if address.version == 4 else ipaddress.ip_network((int(address), 64), strict=False))


def _headers_too_large() -> Problem:
    detail = f"The headers of the request hold more than {MOST_HEADER_BYTES} bytes."
    return Problem(431, detail, title="Request Header Fields Too Large")


def _too_many_connections(most: int) -> Problem:
    detail = f"{most} connections of your address are open, the most that one may have (--connections-per-address)."
    return Problem(429, detail, title="Too many connections", headers={"Retry-After": "1"}, retry_after=1)
