"""`dreamreel predict --follow` and `dreamreel predictions`, as people use them: real processes, real terminals."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading

import av
import pytest
from tests.e2e.server import PATIENCE_S, serving, start, wait_for

PROGRAM = [sys.executable, "-m", "dreamreel"]
# A server that is started again soon takes over what its killed workers held.
OPTIONS = ("--steps", "2", "--lease-s", "5")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("follow") / "data", *OPTIONS) as running:
        yield running


def run(server, *arguments):
    """What a command that talks to the server printed."""
    command = [*PROGRAM, *arguments, "--url", server.url]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def frames_of(path):
    with av.open(str(path)) as container:
        return len(list(container.decode(video=0)))


class Watcher:
    """A command that runs, and what it has said so far. terminal: give it one to ask questions on."""

    def __init__(self, server, folder, *arguments, terminal=False):
        self.said = b""
        command = [*PROGRAM, *arguments, "--url", server.url]
        ours, theirs = pty.openpty() if terminal else os.pipe()
        stdin = theirs if terminal else subprocess.DEVNULL
        self.process = subprocess.Popen(command, cwd=folder, stdin=stdin, stdout=subprocess.PIPE, stderr=theirs)
        os.close(theirs)
        self.end = ours
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        while True:
            try:
                chunk = os.read(self.end, 4096)
            except OSError:  # a terminal that nobody is at any more
                chunk = b""
            if not chunk:
                return
            self.said += chunk

    def wait_for(self, text):
        wait_for(lambda: text in self.said or self.process.poll() is not None, f"{text!r} in {self.said[-500:]!r}")
        assert text in self.said, self.said[-2000:]

    def finish(self):
        """(exit code, stdout)."""
        answer = self.process.stdout.read()
        code = self.process.wait(PATIENCE_S)
        self.thread.join(PATIENCE_S)
        os.close(self.end)
        return code, answer.decode()

    @property
    def id(self):
        self.wait_for(b"\n")
        return self.said.split()[1].decode()


@pytest.fixture(scope="module")
def followed(server, tmp_path_factory):
    """(id of a prediction that was followed to its end, the exit code, stdout, stderr, the video)."""
    folder = tmp_path_factory.mktemp("followed")
    watcher = Watcher(server, folder, "predict", "--follow", "-p", "a red circle", "--seed", "3", "-o", "film.mp4")
    prediction_id = watcher.id
    code, answer = watcher.finish()
    return prediction_id, code, answer, watcher.said.decode(), folder / "film.mp4"


def test_follow_shows_the_log_and_saves_the_video(followed):
    _, code, answer, said, video = followed
    assert (code, answer) == (0, "film.mp4\n"), said
    assert "Rendering animation frame 99 of 100" in said
    assert "100 frames in" in said.splitlines()[-1]
    assert frames_of(video) == 100
    assert [file.name for file in video.parent.iterdir()] == ["film.mp4"]


def test_what_the_server_did_can_be_listed_read_and_logged(server, followed):
    prediction_id = followed[0]
    line = next(line for line in run(server, "predictions", "list").splitlines() if line.startswith(prediction_id))
    assert line.split("\t")[1:3] == ["succeeded", "100"]
    assert line.endswith("a red circle")
    assert json.loads(run(server, "predictions", "get", prediction_id)) == server.get(prediction_id)
    logs = server.get(prediction_id)["logs"]
    assert run(server, "predictions", "logs", prediction_id) == logs
    assert run(server, "predictions", "logs", "-f", prediction_id) == logs


def test_without_a_terminal_ctrl_c_stops_watching_and_the_prediction_goes_on(server, tmp_path):
    watcher = Watcher(server, tmp_path, "predict", "-f", "-n", "1000")
    watcher.wait_for(b"Rendering animation frame 3 ")
    watcher.process.send_signal(signal.SIGINT)
    code, _ = watcher.finish()
    assert code == 130
    assert f"predictions logs -f {watcher.id}" in watcher.said.decode()
    assert server.get(watcher.id)["status"] == "processing"
    again = Watcher(server, tmp_path, "predictions", "logs", "-f", watcher.id)
    assert run(server, "predictions", "cancel", watcher.id).strip() in ("processing", "canceled")
    code, logs = again.finish()
    assert code == 1
    assert logs == server.get(watcher.id)["logs"]
    assert again.said.decode().endswith("canceled\n")


def test_on_a_terminal_ctrl_c_asks_and_yes_cancels_and_saves_what_is_done(server, tmp_path):
    watcher = Watcher(server, tmp_path, "predict", "-f", "-n", "1000", terminal=True)
    watcher.wait_for(b"/1000")
    wait_for(lambda: server.get(watcher.id)["metrics"]["frames"] > 5, "some frames")
    watcher.process.send_signal(signal.SIGINT)
    watcher.wait_for(b"Cancel the prediction? [y/N]")
    os.write(watcher.end, b"y\n")
    code, answer = watcher.finish()
    assert (code, answer) == (1, "out.mp4\n"), watcher.said
    assert server.get(watcher.id)["status"] == "canceled"
    assert frames_of(tmp_path / "out.mp4") > 5


@pytest.mark.parametrize("answer", [b"n\n", b"\x04"], ids=["no", "end of input"])
def test_on_a_terminal_any_other_answer_lets_it_go_on(server, tmp_path, answer):
    watcher = Watcher(server, tmp_path, "predict", "-f", "-n", "1000", terminal=True)
    wait_for(lambda: server.get(watcher.id)["status"] == "processing", "the start")
    watcher.process.send_signal(signal.SIGINT)
    watcher.wait_for(b"Cancel the prediction? [y/N]")
    os.write(watcher.end, answer)
    code, _ = watcher.finish()
    assert code == 130
    assert b"The prediction goes on" in watcher.said
    assert server.get(watcher.id)["status"] == "processing"
    server.cancel(watcher.id)
    server.wait(watcher.id)


def test_a_server_that_is_killed_and_started_again_is_followed_on(server, tmp_path):
    watcher = Watcher(server, tmp_path, "predict", "-f", "-p", "a blue square")
    watcher.wait_for(b"Rendering animation frame 20 ")
    workers = server.worker_pids()
    for pid in (server.process.pid, *workers):
        os.kill(pid, signal.SIGKILL)
    server.process.wait(PATIENCE_S)
    again = start(server.data, *OPTIONS, "--port", server.url.rsplit(":", 1)[1])
    try:
        code, answer = watcher.finish()
    finally:
        again.http.close()
        again.stop()
    assert (code, answer) == (0, "out.mp4\n"), watcher.said
    assert b"Resuming at frame" in watcher.said
    assert frames_of(tmp_path / "out.mp4") == 100
