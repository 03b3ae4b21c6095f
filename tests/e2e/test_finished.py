"""`render --resume` where the film is already there: it says so, and draws over nothing."""

import json

import pytest
from tests import forked

COMMAND = [
    "render",
    "--model",
    "tiny-sd",
    "--size",
    "64x64",
    "--steps",
    "2",
    "--plain",
    "-n",
    "3",
    "--sampler",
    "euler",
]


def run(folder, *arguments):
    """(exit code, stdout, stderr)."""
    with (folder / "stdout").open("w+") as stdout, (folder / "stderr").open("w+") as stderr:
        code = forked.begin([*COMMAND, *arguments], stdout, stderr, cwd=folder).wait(120)
        stdout.seek(0)
        stderr.seek(0)
        answer = code, stdout.read(), stderr.read()
    for name in ("stdout", "stderr"):
        (folder / name).unlink()
    return answer


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "12:30.gif"])
@pytest.mark.parametrize("options", [(), ("--frames", "frames")])
def test_a_finished_film_stays_as_it_is_and_the_command_succeeds(tmp_path, name, options):
    command = ("-o", name, "--resume", *options)
    assert run(tmp_path, *command)[0] == 0
    before = (tmp_path / name).read_bytes()
    code, stdout, stderr = run(tmp_path, *command)
    assert (code, stdout) == (0, f"{name}\n")
    assert f"{name} is finished: all 3 frames are there, nothing is left to draw" in stderr
    assert (tmp_path / name).read_bytes() == before
    assert not (tmp_path / f"{name}.frames").exists()
    code, stdout, _ = run(tmp_path, *command, "--json")
    assert (code, json.loads(stdout)["frames"], json.loads(stdout)["complete"]) == (0, 3, True)


def test_another_film_is_not_drawn_over_either(tmp_path):
    assert run(tmp_path, "-o", "a.mp4", "--seed", "1")[0] == 0
    assert run(tmp_path, "-o", "a.gif", "--seed", "1")[0] == 0
    before = (tmp_path / "a.mp4").read_bytes(), (tmp_path / "a.gif").read_bytes()
    for arguments, sentence in [
        (("-o", "a.mp4", "--seed", "2"), "made with 1, this asks for 2"),
        (("-o", "a.mp4", "--zoom", "0: (1.2)"), "zoom of frame 1"),
        (("-o", "a.mp4", "--fps", "30"), "a.mp4 is there already, a video of 3 frames at 15 fps"),
        (("-o", "a.mp4", "-n", "2"), "leave out --resume to draw over it"),
        (("-o", "a.gif", "-n", "4"), "a.gif is there already, a video of 3 frames of 64x64"),
    ]:
        code, stdout, stderr = run(tmp_path, *arguments, "--resume")
        assert (code, stdout) == (2, ""), stderr
        assert sentence in stderr
    assert ((tmp_path / "a.mp4").read_bytes(), (tmp_path / "a.gif").read_bytes()) == before


def test_from_frames_that_are_kept_a_film_is_made_anew_at_another_rate_or_in_another_format(tmp_path):
    assert run(tmp_path, "-o", "a.mp4", "--frames", "frames")[0] == 0
    for arguments in (("-o", "a.mp4", "--fps", "30"), ("-o", "a.webm")):
        code, _, stderr = run(tmp_path, *arguments, "--frames", "frames", "--resume")
        assert code == 0, stderr
        assert "0 frames drawn" in stderr


def test_a_gif_faster_than_gifs_play_is_warned_of(tmp_path):
    code, _, stderr = run(tmp_path, "-o", "a.gif", "--fps", "60")
    assert code == 0
    assert "Warning: fps: a gif plays at most 50 frames a second, so this one plays slower than 60; use 50" in stderr
    assert "Warning: fps" not in run(tmp_path, "-o", "b.gif", "--fps", "50")[2]


@pytest.mark.parametrize("name", ["nowhere/a.mp4", "a.avi"])
def test_a_film_that_cannot_be_is_refused_before_the_first_frame(tmp_path, name):
    code, stdout, stderr = run(tmp_path, "-o", name)
    assert (code, stdout) == (1, "")
    assert "Rendering animation frame" not in stderr
    assert list(tmp_path.iterdir()) == []
