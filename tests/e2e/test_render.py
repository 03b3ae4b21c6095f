"""The command as a person uses it: a real process, real signals, real files."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import av
import pytest

COMMAND = [sys.executable, "-m", "dreamreel", "render", "--model", "tiny-sd", "--steps", "4", "--seed", "7", "--plain"]


def start(folder, *arguments):
    """A running render, with its chatter to be read line by line."""
    return subprocess.Popen(
        [*COMMAND, *arguments], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def run(folder, *arguments):
    return subprocess.run([*COMMAND, *arguments], cwd=folder, text=True, capture_output=True)


def wait_for_frame(process, idx):
    """Returns once the process has begun frame idx, so that idx frames are done."""
    for line in process.stderr:
        if line.startswith(f"Rendering animation frame {idx} of"):
            return
    pytest.fail("the render ended early")


def frames_of(path: Path):
    with av.open(str(path)) as container:
        return len(list(container.decode(video=0)))


def test_a_render_from_start_to_end(tmp_path):
    (tmp_path / "request.json").write_text(json.dumps({"animation_prompts": "a red circle", "max_frames": 5}))
    ran = run(tmp_path, "--input", "request.json", "--frames", "frames", "-o", "out.mp4", "--json")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["frames"] == 5
    assert frames_of(tmp_path / "out.mp4") == 5
    assert len(list((tmp_path / "frames").glob("*.png"))) == 5


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_by_a_signal_it_leaves_a_playable_video_of_the_frames_done(tmp_path, number, code):
    process = start(tmp_path, "-n", "5000", "-o", "out.mp4")
    wait_for_frame(process, 5)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (code, "out.mp4\n")
    assert frames_of(tmp_path / "out.mp4") >= 5
    assert "frames; the video holds these." in stderr
    assert [file.name for file in tmp_path.iterdir()] == ["out.mp4"]


def test_killed_and_resumed_the_video_is_the_same_to_the_last_byte(tmp_path):
    options = ("-p", "0: a red circle | 6: a blue square", "-n", "12")
    whole = run(tmp_path, *options, "-o", "whole.mp4")
    assert whole.returncode == 0, whole.stderr
    for idx in (2, 9):
        process = start(tmp_path, *options, "-o", "parts.mp4", "--resume")
        wait_for_frame(process, idx)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    ended = run(tmp_path, *options, "-o", "parts.mp4", "--resume")
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "parts.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()
    assert not (tmp_path / "parts.mp4.frames").exists()


def test_an_unexpected_error_is_one_line_and_the_traceback_comes_on_request(tmp_path):
    broken = (
        "import sys, dreamreel.cli.render as command; command.check_output = None; sys.argv[1:] = ['render']; "
        "from dreamreel.cli.main import main; main()"
    )
    for debug in ("", "1"):
        ran = subprocess.run(
            [sys.executable, "-c", broken],
            cwd=tmp_path,
            env={**os.environ, "DREAMREEL_DEBUG": debug},
            text=True,
            capture_output=True,
        )
        assert ran.returncode == 1
        assert "this is a bug; DREAMREEL_DEBUG=1 shows where" in ran.stderr
        assert ("Traceback" in ran.stderr) == bool(debug)
