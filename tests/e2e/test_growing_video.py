"""The video while it grows: in FFmpeg, over a crash, and as the finished file at the same address.

In a browser it is played by tests/studio/test_watch.py.
"""

import os
import signal
import struct
import threading

import av
import pytest
from tests.e2e.server import HTTP, PATIENCE_S, serving, wait_for

OPTIONS = ("--steps", "2", "--slots", "1", "--lease-s", "600")
ENOUGH = 60  # frames, of which at least two seconds are in the file: the encoder looks some frames ahead


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("growing") / "data", *OPTIONS) as running:
        running.wait_until_ready()
        yield running


def boxes_of(data):
    at = 0
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        yield kind.decode()
        at += size


def test_its_address_is_that_of_the_finished_file_afterwards(server):
    prediction = server.wait(server.create(seed=3, max_frames=150)["id"])
    url = prediction["urls"]["video"]
    whole = HTTP.get(url)
    assert list(boxes_of(whole.content))[:2] == ["ftyp", "moov"]
    assert whole.content == HTTP.get(prediction["output"]).content
    assert whole.headers["content-type"] == "video/mp4"
    assert int(HTTP.head(url).headers["content-length"]) == len(whole.content)
    part = HTTP.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    with av.open(url) as container:
        assert len(list(container.decode(video=0))) == 150


def test_ffmpeg_plays_it_and_its_playlist_while_it_is_drawn_and_to_an_early_end(server):
    prediction = server.create(max_frames=1000, seed=3)
    url, playlist = prediction["urls"]["video"], prediction["urls"]["video"].replace("video.mp4", "video.m3u8")
    server.wait_for_frames(prediction["id"], ENOUGH)
    head = HTTP.head(url)
    assert head.status_code == 200
    assert "content-length" not in head.headers
    for address, options in ((url, {}), (playlist, {"live_start_index": "0"})):
        with av.open(address, options=options) as container:
            frames = [frame.time for frame, _ in zip(container.decode(video=0), range(20), strict=False)]
        assert frames == pytest.approx([number / 15 for number in range(20)])
    assert "#EXT-X-ENDLIST" not in HTTP.get(playlist).text
    assert server.get(prediction["id"])["status"] == "processing"
    server.cancel(prediction["id"])
    ended = server.wait(prediction["id"])
    assert HTTP.get(playlist).text.endswith("#EXT-X-ENDLIST\n")
    for address in (url, playlist):
        with av.open(address) as container:
            assert len(list(container.decode(video=0))) == ended["metrics"]["frames"]
    assert HTTP.get(ended["partial_output"]).content == HTTP.get(url).content


class Reader(threading.Thread):
    """Reads a growing video from its beginning to its end."""

    def __init__(self, url):
        super().__init__(daemon=True)
        self.url, self.got = url, b""

    def run(self):
        with HTTP.stream("GET", self.url) as answer:
            for chunk in answer.iter_bytes():
                self.got += chunk


def test_a_worker_killed_while_it_draws_costs_a_pause_and_not_a_byte(server):
    whole = server.wait(server.create(seed=5)["id"])
    broken = server.create(seed=5)
    server.wait_for_frames(broken["id"], 10)
    reader = Reader(broken["urls"]["video"])
    reader.start()
    server.wait_for_frames(broken["id"], ENOUGH)
    wait_for(lambda: reader.got.count(b"moof"), "a fragment")
    os.kill(server.worker_pids()[0], signal.SIGKILL)
    ended = server.wait(broken["id"])
    assert "Resuming at frame" in ended["logs"]
    reader.join(PATIENCE_S)
    files = [server.data / "predictions" / each["id"] for each in (whole, ended)]
    assert (files[0] / "out.mp4").read_bytes() == (files[1] / "out.mp4").read_bytes()
    assert reader.got == (files[0] / "growing.mp4").read_bytes()
