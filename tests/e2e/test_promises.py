"""What a server promises of the predictions it accepted: told to stop, started again, asked for too many, swept."""

import pytest
from tests.e2e.server import VERSION, serving
from typer.testing import CliRunner

from dreamreel.cli.main import app
from dreamreel.video.provenance import read_manifest

LIMITED = ("--max-unfinished", "2", "--slots", "1", "--max-hours", "24")


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A data folder whose server was stopped with SIGTERM while it drew: (folder, id, queued id, facts)."""
    data = tmp_path_factory.mktemp("promises") / "data"
    facts = {}
    with serving(data, *LIMITED) as server:
        drawn = server.create(max_frames=100, seed=5)
        queued = server.create({"Cancel-After": "20h"}, seed=6, max_frames=1000)
        facts["refused"] = server.http.post("/v1/predictions", json={"version": VERSION, "input": {}})
        server.wait_for_frames(drawn["id"], 3)
        facts["exit code"] = server.stop()
    facts["log"] = server.said()
    return data, drawn, queued, facts


@pytest.fixture(scope="module")
def again(stopped):
    """A server on the same folder."""
    with serving(stopped[0], *LIMITED) as server:
        yield server


def test_more_unfinished_ones_than_a_token_may_have_are_refused_as_clients_expect(stopped):
    refused = stopped[3]["refused"]
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "30"
    assert refused.json() == {
        "title": "Too many unfinished predictions",
        "detail": "2 of your predictions are unfinished, the most that one token may have (--max-unfinished): "
        "cancel some, or wait until one ends.",
        "status": 429,
        "retry_after": 30,
    }


def test_told_to_stop_a_server_ends_well_and_keeps_the_frames(stopped):
    data, drawn, _, facts = stopped
    assert facts["exit code"] == 0
    assert "Traceback" not in facts["log"]
    assert len(list((data / "predictions" / drawn["id"] / "frames").glob("*.png"))) >= 3


def test_a_deadline_is_the_shorter_of_the_clients_and_the_operators(stopped):
    assert stopped[1]["deadline"][:10] > stopped[1]["created_at"][:10]
    assert stopped[2]["deadline"] < stopped[1]["deadline"]


def test_one_that_ends_early_hands_over_its_frames(again, stopped):
    queued = stopped[2]["id"]
    again.wait_for_frames(queued, 2)
    again.cancel(queued)
    ended = again.wait(queued)
    assert (ended["status"], ended["output"], ended["error"]) == ("canceled", None, None)
    partial = again.http.get(ended["partial_output"])
    assert partial.headers["content-type"] == "video/mp4"
    assert len(partial.content) > 1000
    assert len(again.http.get(f"/v1/predictions/{queued}/manifest").json()["frames"]) == ended["metrics"]["frames"]


def test_after_a_restart_it_goes_on_and_ends_with_a_video_that_verifies(again, stopped, tmp_path):
    ended = again.wait(stopped[1]["id"])
    assert ended["status"] == "succeeded", ended["error"]
    assert "Resuming at frame" in ended["logs"]
    video = tmp_path / "out.mp4"
    video.write_bytes(again.http.get(ended["output"]).content)
    manifest = again.http.get(f"/v1/predictions/{ended['id']}/manifest").json()
    assert manifest == read_manifest(video)
    assert len(manifest["frames"]) == 100
    ran = CliRunner().invoke(app, ["verify", str(video), "--plain"])
    assert ran.stdout == "identical\n", ran.stderr


def test_what_is_kept_no_longer_is_removed_and_the_record_says_so(again, stopped):
    done = again.wait(stopped[1]["id"])
    again.wait(stopped[2]["id"])
    prune = ["prune", "--data", str(stopped[0]), "--keep-hours", "0.0000001"]
    ran = CliRunner().invoke(app, [*prune, "--dry-run"])
    assert "would free" in ran.stderr
    assert {line.split("\t")[1] for line in ran.stdout.splitlines()} == {stopped[1]["id"], stopped[2]["id"]}
    assert again.get(done["id"])["data_removed"] is False
    CliRunner().invoke(app, prune)
    removed = again.get(done["id"])
    assert removed["data_removed"] is True
    assert (removed["input"], removed["output"], removed["logs"]) == ({}, None, "")
    assert (removed["status"], removed["created_at"]) == (done["status"], done["created_at"])
    assert again.http.get(done["output"]).status_code == 404
    assert again.http.get(f"/v1/predictions/{done['id']}/manifest").status_code == 404
    assert not (stopped[0] / "predictions" / done["id"]).exists()
