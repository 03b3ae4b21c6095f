"""A server's end, its worker's end, and what goes on in spite of them."""

import json
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.e2e.server import serving, wait_for

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="finds the worker in /proc")


@linux_only
def test_a_worker_that_is_killed_takes_neither_the_api_nor_the_prediction_with_it(tmp_path):
    with serving(tmp_path / "data") as server:
        prediction = server.wait_for_frames(server.create()["id"], 3)
        killed = server.worker_pids()
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        assert server.get(prediction["id"])["status"] == "processing"
        queued = server.create()
        assert server.cancel(queued["id"])["status"] == "canceled"
        wait_for(lambda: set(server.worker_pids()) - set(killed), "a new worker")
        server.wait_for_frames(prediction["id"], server.get(prediction["id"])["metrics"]["frames"] + 2)
        server.cancel(prediction["id"])
        assert "Resuming at frame" in server.wait(prediction["id"])["logs"]


@linux_only
def test_a_fork_server_that_is_killed_is_done_without(tmp_path):
    with serving(tmp_path / "data", anew=True) as server:
        prediction = server.wait_for_frames(server.create()["id"], 3)
        for pid, _ in server.children():
            os.kill(pid, signal.SIGKILL)
        server.wait_for_frames(prediction["id"], server.get(prediction["id"])["metrics"]["frames"] + 2)
        server.cancel(prediction["id"])
        (worker,) = server.worker_pids()
        assert b"dreamreel\0worker" in Path(f"/proc/{worker}/cmdline").read_bytes()
        assert "no worker came from the fork server" in server.said()


def read_to_the_end(server, url, opened):
    """The status of a stream that was read as long as it lasted; opened is set when its answer has begun."""
    with server.client().stream("GET", url) as answer:
        opened.set()
        answer.read()
    return answer.status_code


@linux_only
def test_a_server_that_is_told_to_stop_answers_who_waits_and_leaves_work_for_the_next(tmp_path):
    with ThreadPoolExecutor(2) as pool:
        with serving(tmp_path / "data", "--log-format", "json") as server:
            waiting = pool.submit(server.create, {"Prefer": "wait"}, max_frames=1000)
            listed = wait_for(lambda: server.http.get("/v1/predictions").json()["results"], "the prediction")
            opened = threading.Event()
            following = pool.submit(read_to_the_end, server, listed[0]["urls"]["stream"], opened)
            wait_for(opened.is_set, "a reader of the stream")
            workers = server.worker_pids()
            assert server.stop() == 0
            assert waiting.result()["status"] == "starting"
            assert following.result() == 200
        wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), "the end of the workers")
        lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
        assert any(line["level"] == "info" for line in lines)
        with serving(tmp_path / "data") as again:
            assert again.get(listed[0]["id"])["status"] in ("starting", "processing")
            again.cancel(listed[0]["id"])
