"""The command as a person uses it: a real process, real signals, real files.

The first one begins with the interpreter, as a shell would start it; the others are forked with the imports done.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import av
import pytest
from tests import forked

COMMAND = ["render", "--model", "tiny-sd", "--steps", "4", "--seed", "7", "--plain"]


class Render:
    """A running render in folder. begin: starts the process."""

    def __init__(self, folder, *arguments, begin=forked.begin):
        self.answer = tempfile.TemporaryFile("w+")  # noqa: SIM115 - until its end
        read, write = os.pipe()
        self.chatter = os.fdopen(read)
        with os.fdopen(write, "w") as stderr:
            self.process = begin([*COMMAND, *arguments], self.answer, stderr, cwd=folder)

    def wait_for_frame(self, idx):
        """Returns once the process has begun frame idx, so that idx frames are done."""
        for line in self.chatter:
            if line.startswith(f"Rendering animation frame {idx} of"):
                return
        pytest.fail("the render ended early")

    def end(self):
        """(exit code, stdout, what is left of stderr)."""
        with self.answer, self.chatter:
            stderr = self.chatter.read()
            code = self.process.wait(60)
            self.answer.seek(0)
            return code, self.answer.read(), stderr


def frames_of(path: Path):
    with av.open(str(path)) as container:
        return len(list(container.decode(video=0)))


def test_a_render_from_start_to_end(tmp_path):
    (tmp_path / "request.json").write_text(json.dumps({"animation_prompts": "a red circle", "max_frames": 5}))
    options = ("--input", "request.json", "--frames", "frames", "-o", "out.mp4", "--json")
    code, stdout, stderr = Render(tmp_path, *options, begin=forked.begin_anew).end()
    assert code == 0, stderr
    assert json.loads(stdout)["frames"] == 5
    assert frames_of(tmp_path / "out.mp4") == 5
    assert len(list((tmp_path / "frames").glob("*.png"))) == 5


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_by_a_signal_it_leaves_a_playable_video_of_the_frames_done(tmp_path, number, code):
    render = Render(tmp_path, "-n", "5000", "-o", "out.mp4")
    render.wait_for_frame(5)
    render.process.send_signal(number)
    returncode, stdout, stderr = render.end()
    assert (returncode, stdout) == (code, "out.mp4\n")
    assert frames_of(tmp_path / "out.mp4") >= 5
    assert "frames; the video holds these." in stderr
    assert [file.name for file in tmp_path.iterdir()] == ["out.mp4"]


def test_killed_and_resumed_the_video_is_the_same_to_the_last_byte(tmp_path):
    options = ("-p", "0: a red circle | 6: a blue square", "-n", "12")
    code, _, stderr = Render(tmp_path, *options, "-o", "whole.mp4").end()
    assert code == 0, stderr
    for idx in (2, 9):
        render = Render(tmp_path, *options, "-o", "parts.mp4", "--resume")
        render.wait_for_frame(idx)
        render.process.kill()
        assert render.end()[0] == -signal.SIGKILL
    code, _, stderr = Render(tmp_path, *options, "-o", "parts.mp4", "--resume").end()
    assert code == 0, stderr
    assert (tmp_path / "parts.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()
    assert not (tmp_path / "parts.mp4.frames").exists()


def test_an_unexpected_error_is_one_line_and_the_traceback_comes_on_request(tmp_path):
    broken = (
        "import sys, dreamreel.cli.film as command; command.check_output = None; sys.argv[1:] = ['render']; "
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
