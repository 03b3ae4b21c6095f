"""A bucket that goes away while frames are drawn to it, and comes back: nothing is lost, and no frame changes."""

import time

import pytest
from tests.cluster.servers import SeaweedFS, digests
from tests.e2e.server import serving, wait_for

from dreamreel.storage.bucket import PATIENCE

# Another seed for what was finished before, drawn when the bucket went away, and accepted while it was away.
FINISHED, DRAWN, ACCEPTED = 7, 8, 9
# An answer's own time on a machine that does other things, beside what the bucket is given.
LOAD_S = 10.0


@pytest.fixture
def weed(tmp_path):
    server = SeaweedFS(tmp_path / "seaweed")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(weed, tmp_path):
    # With one attempt, one that is counted without a frame would end the prediction.
    options = ("--files-url", weed.bucket.url, "--max-attempts", "1")
    with serving(tmp_path / "data", *options, **weed.bucket.environment) as server:
        yield server


def assert_away(server, method, address, **sent):
    """The bucket cannot be reached: a 503 that says so, and does not take long."""
    began = time.monotonic()
    answer = server.http.request(method, address, **sent)
    assert time.monotonic() - began < PATIENCE.total_seconds() + LOAD_S
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["detail"] == "The files cannot be reached."


def assert_whole(server, prediction, seed):
    """It has succeeded with the frames of one drawn alone, and a video of them."""
    assert prediction["status"] == "succeeded", server.said()
    manifest = server.http.get(f"/v1/predictions/{prediction['id']}/manifest").json()
    assert manifest["frames"] == digests(seed)
    video = server.http.get(prediction["output"])
    assert (video.status_code, video.content[4:8]) == (200, b"ftyp")


def test_a_bucket_that_goes_away_while_frames_are_drawn_costs_nothing_once_it_is_back(weed, server):
    finished = server.wait(server.create(seed=FINISHED)["id"])
    upload = server.http.post("/v1/files", files={"content": ("a.bin", b"some bytes")}).json()["urls"]["get"]
    drawn = server.create(seed=DRAWN)["id"]
    server.wait_for_frames(drawn, 3)
    weed.stop()
    accepted = server.create(seed=ACCEPTED)["id"]
    assert_away(server, "GET", finished["output"])
    assert_away(server, "GET", upload)
    assert_away(server, "POST", "/v1/files", files={"content": ("b.bin", b"other bytes")})
    # Records are not in the bucket.
    assert server.get(finished["id"])["status"] == "succeeded"
    for prediction_id in (drawn, accepted):
        wait_for(lambda which=prediction_id: f"{which}: given back" in server.said(), "a worker that lets go", 120)
        assert (server.get(prediction_id)["status"], server.get(prediction_id)["error"]) == ("processing", None)
    weed.start()
    ended = server.wait(drawn)
    assert "Resuming at frame" in ended["logs"]
    for prediction, seed in ((finished, FINISHED), (ended, DRAWN), (server.wait(accepted), ACCEPTED)):
        assert_whole(server, prediction, seed)
    assert server.http.get(upload).content == b"some bytes"
