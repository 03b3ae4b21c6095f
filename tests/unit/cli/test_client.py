"""What the commands' client makes of a server that is not quite there."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dreamreel.cli.client import Client, ServerError

DONE = b'event: done\nid: 7\ndata: {"status": "succeeded"}\n\n'


@pytest.fixture
def server():
    """Answers with the statuses in `statuses`, one a request, and then with the end of a stream."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status = statuses.pop(0) if statuses else 200
            self.send_response(status)
            self.end_headers()
            self.wfile.write(DONE if status == 200 else b"")

        def log_message(self, *_arguments):
            pass

    statuses = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.statuses = statuses
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def follow(server):
    url = f"http://127.0.0.1:{server.server_port}"
    prediction = {"urls": {"events": f"{url}/v1/predictions/x/events?key=k"}}
    return [event.name for event in Client(url, "").follow(prediction)]


def test_following_goes_on_when_a_proxy_says_that_the_server_is_being_started_again(server):
    server.statuses += [502, 503]
    assert follow(server) == ["done"]


def test_following_ends_where_the_server_refuses(server):
    server.statuses += [404]
    with pytest.raises(ServerError, match="answered 404"):
        follow(server)


def test_a_422_that_is_not_ours_is_told_as_the_answer_it_is(server):
    server.statuses += [422]
    with pytest.raises(ServerError, match="answered 422"):
        Client(f"http://127.0.0.1:{server.server_port}", "").get("x")
