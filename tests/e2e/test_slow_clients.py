"""Clients that never finish a request, or hold too much, against a real server with short limits."""

import contextlib
import http.client
import json
import re
import socket
from urllib.parse import urlsplit

import pytest
from tests.e2e.server import PATIENCE_S, VERSION, serving, wait_for

LIMIT_S, MOST = 1.0, 40
LONGER_S = 1.5 * LIMIT_S
HEAD = b"POST /v1/predictions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
GET = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Nothing draws, so that what waits goes on waiting."""
    limits = ("--header-timeout-s", str(LIMIT_S), "--body-timeout-s", str(LIMIT_S), "--executor", "none")
    with serving(tmp_path_factory.mktemp("slow") / "data", *limits, "--connections-per-address", str(MOST)) as running:
        yield running


def connect(server):
    return socket.create_connection(("127.0.0.1", urlsplit(server.url).port), PATIENCE_S)


def all_of(connection):
    """What comes until the server closes."""
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


def problem_of(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower()
    assert b"connection: close" in head.lower()
    assert b"x-content-type-options: nosniff" in head.lower()
    assert re.search(rb"ratelimit-remaining: \d+\r\nratelimit-reset: 0\r\n", head)
    assert len(re.findall(rb"x-request-id: [0-9a-z]{26}\r\n", head)) == 1
    problem = json.loads(body)
    assert int(head.split(b" ")[1]) == problem["status"]
    return problem


def silent(connection, seconds=LONGER_S):
    """Whether nothing comes for so long, not even the end."""
    connection.settimeout(seconds)
    try:
        connection.recv(1)
        return False
    except TimeoutError:
        return True
    finally:
        connection.settimeout(PATIENCE_S)


def create_of(*headers):
    body = json.dumps({"version": VERSION, "input": {"animation_prompts": "a circle", "max_frames": 100}}).encode()
    return HEAD + b"".join(header + b"\r\n" for header in headers) + b"Content-Length: %d\r\n\r\n" % len(body) + body


@pytest.mark.parametrize("begun", [b"G", HEAD, HEAD + b"X-Half: ", b"\r\n", GET + b"GET /health"])
def test_a_head_that_does_not_end_is_answered_408(server, begun):
    with connect(server) as connection:
        connection.sendall(begun)
        answer = all_of(connection)
        problem = problem_of(answer[answer.index(b"HTTP/1.1 408") :])
        assert problem["detail"] == "The head of the request did not arrive within 1 s."


@pytest.mark.parametrize("framing", [b"Content-Length: 100\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n5\r\n{"])
def test_a_body_that_does_not_end_is_answered_408(server, framing):
    with connect(server) as connection:
        connection.sendall(HEAD + framing)
        assert problem_of(all_of(connection))["detail"] == "The next piece of the body did not arrive within 1 s."
    assert "Traceback" not in server.said()


def test_a_connection_on_which_nothing_is_asked_is_closed_without_an_answer(server):
    with connect(server) as connection:
        assert all_of(connection) == b""


def test_each_piece_of_a_body_has_its_own_time(server):
    whole = create_of(b"Connection: close")
    with connect(server) as connection:
        for at in range(-40, 0, 10):
            begin = 0 if at == -40 else at
            assert silent(connection, 0.6 * LIMIT_S) or begin == 0
            connection.sendall(whole[begin : at + 10 or None])
        assert all_of(connection).startswith(b"HTTP/1.1 201")


def test_the_rest_of_a_body_that_is_answered_wins_no_time(server):
    with connect(server) as connection:
        connection.sendall(HEAD + b"Content-Length: 1000000000\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 413")

        def closed():
            with contextlib.suppress(OSError):
                connection.sendall(b"x")
                return False
            return True

        wait_for(closed, "the end of a connection that drips", 20 * LIMIT_S)


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /health/live HTTP/1.1\r\nX-Long: " + b"x" * 70_000 + b"\r\n\r\n", 431),
        (b"GET /health/live HTTP/1.1\r\nX-Endless: " + b"x" * 1_000_000, 431),
        (b"GET /health/live HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n", 431),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\nX-Trailer: " + b"x" * 1_000_000, 431),
        (b"GET /" + b"v" * 8192 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /?" + b"v" * 1_000_000, 414),
        (b"no HTTP at all\r\n\r\n", 400),
    ],
)
def test_what_is_too_large_before_the_body_is_a_problem_document(server, request_bytes, status):
    with connect(server) as connection:
        connection.sendall(request_bytes)
        assert problem_of(all_of(connection))["status"] == status


def test_large_heads_and_bodies_within_the_limits_are_served(server):
    with connect(server) as connection:
        head = b"GET /health/live?" + b"v" * 8000 + b" HTTP/1.1\r\nHost: localhost\r\n"
        connection.sendall(head + b"X: " + b"y" * 60_000 + b"\r\nConnection: close\r\n\r\n")
        assert all_of(connection).startswith(b"HTTP/1.1 200")
    files = {"content": ("large.bin", bytes(5_000_000))}
    assert server.http.post("/v1/files", files=files).status_code == 201


def test_an_idle_connection_is_kept(server):
    client = http.client.HTTPConnection(urlsplit(server.url).netloc)
    with contextlib.closing(client):
        client.connect()
        own = client.sock
        for _ in range(2):
            client.request("GET", "/health/live")
            assert client.getresponse().read()
            assert silent(own)
            assert client.sock is own


def test_a_create_that_waits_is_answered_in_full_whatever_was_begun_after_it(server):
    with connect(server) as connection:
        connection.sendall(create_of(b"Prefer: wait=2") + b"GET /half")
        answer = all_of(connection)
    assert answer.startswith(b"HTTP/1.1 201")
    assert problem_of(answer[answer.index(b"HTTP/1.1 408") :])["title"] == "Request Timeout"


def test_a_stream_is_kept(server):
    stream = server.http.get(f"/v1/predictions/{server.create()['id']}").json()["urls"]["stream"]
    with connect(server) as connection:
        connection.sendall(
            f"GET {urlsplit(stream).path}?{urlsplit(stream).query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        )
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.settimeout(LONGER_S)
        with contextlib.suppress(TimeoutError):
            while True:
                assert connection.recv(65536), "the stream was ended"


def test_an_address_has_so_many_connections_and_no_more_until_some_end(server):
    with contextlib.ExitStack() as stack:
        for _ in range(300):
            held = stack.enter_context(connect(server))
            with contextlib.suppress(OSError):
                held.sendall(HEAD)
        with connect(server) as refused:
            problem = problem_of(all_of(refused))
            assert problem["status"] == 429
            assert "--connections-per-address" in problem["detail"]

        def answers():
            with contextlib.suppress(OSError), connect(server) as connection:
                connection.sendall(GET)
                return connection.recv(65536).startswith(b"HTTP/1.1 200")
            return False

        wait_for(answers, "room once those connections had their time")


@pytest.mark.parametrize("protocol", [b"websocket", b"h2c", b"TLS/1.0"])
def test_who_asks_for_another_protocol_gets_the_answer_in_this_one_and_no_line_in_the_log(server, protocol):
    said = server.log.read_text("utf-8")
    head = GET.removesuffix(b"\r\n") + b"Connection: Upgrade, close\r\nUpgrade: " + protocol + b"\r\n"
    key = b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    with connect(server) as connection:
        connection.sendall(head + key)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert server.log.read_text("utf-8") == said
