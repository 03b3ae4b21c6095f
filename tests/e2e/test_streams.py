"""The two streams of a prediction over real connections: in time, in full, from any place, at no cost to others."""

import re
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
from tests.e2e.server import HTTP, Server, serving
from tests.e2e.sse import read_stream


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("streams") / "data", "--steps", "2") as running:
        yield running


def deaf_reader(url):
    """A connection that asks for a stream and never takes a byte of it."""
    parts = urlsplit(url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((parts.hostname, parts.port))
    connection.sendall(f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
    return connection


def memory_mb(server):
    if sys.platform != "linux":
        return 0.0
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


@pytest.fixture(scope="module")
def followed(server: Server):
    """(a prediction that succeeded, the events that somebody read who was there from the start).

    A hundred others listened as well who never took a byte; `server.grown_mb` is what that cost.
    """
    long_prompts = " | ".join(f"{idx}: {'a blue square, ' * 8}" for idx in range(50, 100))
    created = server.create(animation_prompts="0: ein roter Kreis\u2028\u0085\u00fc | " + long_prompts, seed=3)
    before = memory_mb(server)
    deaf = [deaf_reader(created["urls"]["events"]) for _ in range(100)]
    events = list(read_stream(created["urls"]["events"]))
    server.grown_mb = memory_mb(server) - before
    for reader in deaf:
        reader.close()
    return server.get(created["id"]), events


@pytest.fixture(scope="module")
def canceled(server: Server):
    created = server.create()
    server.cancel(created["id"])
    return server.wait(created["id"])


def names(events):
    return [event.name for event in events]


def test_the_clients_stream_is_their_dialect_to_the_byte(followed):
    prediction, _ = followed
    answer = HTTP.get(prediction["urls"]["stream"])
    assert answer.headers["content-type"].split(";")[0] == "text/event-stream"
    assert answer.headers["cache-control"] == "no-store"
    output = rf"event: output\nid: \d+:\d+\ndata: {re.escape(prediction['output'])}\n\n"
    assert re.fullmatch(output + r"event: done\nid: \d+:\d+\ndata: {}\n\n", answer.text)


def test_the_clients_stream_says_that_it_was_canceled(canceled):
    assert [(event.name, event.data) for event in read_stream(canceled["urls"]["stream"])] == [
        ("done", {"reason": "canceled"})
    ]


def test_logs_are_told_on_request(followed):
    prediction, _ = followed
    text = "".join(
        event.text for event in read_stream(prediction["urls"]["stream"] + "?logs=1") if event.name == "logs"
    )
    assert text == prediction["logs"]


def test_whoever_follows_from_the_start_sees_every_step_while_it_happens(followed):
    prediction, events = followed
    frames = [event.data for event in events if event.name == "frame"]
    assert names(events)[:3] == ["video", "status", "status"]
    assert [event.data["status"] for event in events if event.name == "status"] == ["starting", "processing"]
    assert [frame["idx"] for frame in frames] == list(range(100))
    progress = [event.data for event in events if event.name == "progress"]
    assert [(each["frame"], each["total"]) for each in progress] == [(number, 100) for number in range(1, 101)]
    assert [each["evaluations"] for each in progress] == sorted(each["evaluations"] for each in progress)
    assert progress[-1]["evaluations"] == prediction["metrics"]["evaluations"]
    assert progress[0]["eta_s"] > 0 == progress[-1]["eta_s"]
    assert "".join(event.data["text"] for event in events if event.name == "log") == prediction["logs"]
    assert events[-1].name == "done"
    assert events[-1].data["status"] == "succeeded"
    assert events[-1].data["output"] == prediction["output"]


def test_ids_grow_and_every_event_of_the_client_has_one(followed):
    _, events = followed
    ids = [int(event.id) for event in events if event.id]
    assert ids == sorted(set(ids))
    assert all(event.id for event in events if event.name in ("status", "log", "progress", "done"))


def test_a_frame_is_told_with_a_lossless_picture_and_a_small_one(followed):
    _, events = followed
    frame = next(event.data for event in events if event.name == "frame" and event.data["idx"] == 42)
    png, small = (HTTP.get(frame[name]).raise_for_status() for name in ("url", "preview"))
    assert (png.headers["content-type"], small.headers["content-type"]) == ("image/png", "image/webp")
    pictures = [cv2.imdecode(np.frombuffer(each.content, np.uint8), cv2.IMREAD_COLOR) for each in (png, small)]
    assert [picture.shape for picture in pictures] == [(32, 32, 3)] * 2
    # The small one is lossy, and of the same frame.
    assert np.abs(pictures[0].astype(int) - pictures[1]).mean() < 8


def test_a_small_picture_that_an_earlier_release_made_answers_under_either_name(server, followed):
    prediction, events = followed
    frame = next(event.data for event in events if event.name == "frame" and event.data["idx"] == 41)
    made = server.data / "predictions" / prediction["id"] / "previews" / "00041.webp"
    cv2.imwrite(str(made.with_suffix(".jpg")), cv2.imread(str(made)))
    made.unlink()
    for address in (frame["preview"], frame["preview"].replace(".webp", ".jpg")):
        assert HTTP.get(address).raise_for_status().headers["content-type"] == "image/jpeg"
    assert HTTP.get(frame["preview"].replace("00041", "00141")).status_code == 404


def test_read_again_after_the_end_it_tells_all_logs_and_the_newest_frames(followed):
    prediction, events = followed
    again = list(read_stream(prediction["urls"]["events"]))
    assert "".join(event.data["text"] for event in again if event.name == "log") == prediction["logs"]
    assert [event.data["idx"] for event in again if event.name == "frame"][-1] == 99
    assert names(again)[-1] == "done"
    assert len(again) < len(events)


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_it_goes_on_behind_the_last_event_that_was_read(followed, place):
    prediction, events = followed
    last = next(event for event in events[int(place * len(events)) :] if event.name == "log")
    rest = events[events.index(last) + 1 :]
    again = list(read_stream(prediction["urls"]["events"], last.id))
    ids = [event.id for event in rest if event.id]
    told = [event.id for event in again if event.id]
    assert told == [each for each in ids if each in told]
    assert again[-1] == events[-1]
    assert {event.id for event in rest if event.name == "log"} <= set(told)


def test_the_clients_stream_goes_on_behind_the_output(followed):
    prediction, _ = followed
    output, done = read_stream(prediction["urls"]["stream"])
    assert list(read_stream(prediction["urls"]["stream"], output.id)) == [done]


STRANGE = ["999999999", "1790000000:999999999", "-1", "0x10", "1e3", "9" * 400, "12:34:zz", "None", "\u00b2", "1 2"]


@pytest.mark.parametrize("stream", ["stream", "events"])
def test_a_future_or_garbled_id_starts_from_the_beginning(followed, stream):
    prediction, _ = followed
    url = prediction["urls"][stream]
    whole = names(read_stream(url))
    for last in STRANGE:
        assert names(read_stream(url, last)) == whole, last


@pytest.mark.parametrize("stream", ["stream", "events"])
def test_another_predictions_id_starts_from_the_beginning(followed, canceled, stream):
    prediction, events = followed
    assert names(read_stream(canceled["urls"][stream], events[5].id or events[4].id))[-1] == "done"
    foreign = next(read_stream(canceled["urls"]["stream"])).id
    assert names(read_stream(prediction["urls"][stream], foreign)) == names(read_stream(prediction["urls"][stream]))


@pytest.mark.parametrize("stream", ["stream", "events"])
def test_who_has_read_the_last_event_is_told_that_nothing_comes(followed, stream):
    prediction, _ = followed
    url = prediction["urls"][stream]
    last = list(read_stream(url))[-1]
    assert HTTP.get(url, headers={"Last-Event-ID": last.id}).status_code == 204


@pytest.mark.parametrize("change", [lambda url: url[:-3] + "xxx", lambda url: url.replace("/stream/", "/stream/x")])
def test_an_address_that_was_guessed_leads_nowhere(followed, change):
    prediction, _ = followed
    assert HTTP.get(change(prediction["urls"]["stream"])).status_code == 404


@pytest.mark.skipif(sys.platform != "linux", reason="reads the memory of another process from /proc")
def test_readers_that_never_read_cost_a_buffer_and_hold_up_nobody(server, followed):
    assert followed[1][-1].name == "done"
    # A hundred of them: 64 kB of the transport each, and what asyncio needs; measured: 8 MB together.
    assert server.grown_mb < 40
