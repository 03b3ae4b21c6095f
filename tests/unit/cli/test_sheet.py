"""A contact sheet of the frames at the keys."""

import cv2
import pytest
from tests import tiny
from typer.testing import CliRunner

from dreamreel.cli.main import app
from dreamreel.cli.sheet import Sheet
from dreamreel.imaging.tone import drift, tone_of

TINY = ["--model", "tiny-sd", "--steps", "4", "--seed", "3", "--device", "cpu", "-n", "4"]
KEYS = ["-p", "0: a red circle | 2: a blue square"]


def run(*arguments):
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "400", "TERM": "dumb"})


def test_check_and_render_draw_the_same_sheet_and_check_no_further_than_its_last_key(tmp_path):
    checked = run("check", *KEYS, *TINY, "--sheet", str(tmp_path / "checked.png"))
    assert checked.exit_code == 0
    assert [line for line in checked.stderr.splitlines() if line.startswith("Rendering")] == [
        f"Rendering animation frame {idx} of 4" for idx in range(3)
    ]
    video = ["-o", str(tmp_path / "a.mp4"), "--frames", str(tmp_path / "frames")]
    rendered = run("render", *KEYS, *TINY, *video, "--sheet", str(tmp_path / "rendered.png"))
    assert rendered.exit_code == 0
    assert (tmp_path / "checked.png").read_bytes() == (tmp_path / "rendered.png").read_bytes()
    sheet = cv2.imread(str(tmp_path / "rendered.png"))
    for idx, left in ((0, 12), (2, 184)):
        frame = cv2.resize(
            cv2.imread(str(tmp_path / f"frames/{idx:05}.png")), (160, 160), interpolation=cv2.INTER_NEAREST
        )
        assert (sheet[12:172, left : left + 160] == frame).all()
    assert {file.name for file in tmp_path.iterdir()} == {"a.mp4", "frames", "checked.png", "rendered.png"}


def test_a_resumed_render_has_the_frames_that_were_drawn_before(tmp_path):
    video = ["-o", str(tmp_path / "a.mp4"), "--frames", str(tmp_path / "frames")]
    assert run("render", *KEYS, *TINY, *video, "--sheet", str(tmp_path / "whole.png")).exit_code == 0
    (tmp_path / "a.mp4").unlink()
    (tmp_path / "frames" / "00003.png").unlink()
    assert run("render", *KEYS, *TINY, *video, "--resume", "--sheet", str(tmp_path / "resumed.png")).exit_code == 0
    assert (tmp_path / "resumed.png").read_bytes() == (tmp_path / "whole.png").read_bytes()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("sheet.jpg", "a sheet's name ends in .png"),
        ("missing/sheet.png", "cannot be written: No such file or directory"),
        ("folder.png", "is a folder"),
        ("\udcff" * 300 + ".png", "cannot be written"),
    ],
)
@pytest.mark.parametrize("command", ["check", "render"])
def test_a_sheet_that_cannot_be_written_is_refused_before_anything_is_drawn(tmp_path, command, name, sentence):
    (tmp_path / "folder.png").mkdir()
    output = ["-o", str(tmp_path / "a.mp4")] if command == "render" else []
    ran = run(command, *KEYS, *TINY, *output, "--sheet", str(tmp_path / name))
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert sentence in ran.stderr
    assert "Rendering" not in ran.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["folder.png"]


def test_a_sheet_says_how_far_each_frame_has_drifted_from_the_first(tmp_path):
    animation = tiny.animation(4, animation_prompts=KEYS[1], max_frames=3)
    sheet = Sheet(animation, tmp_path / "sheet.png")
    frames = list(animation)
    for frame in frames:
        sheet.add(frame)
    said = [sheet._cell(idx).note for idx in sheet.wanted]
    assert said == ["", str(drift(tone_of(frames[0].image), tone_of(frames[2].image)))]
    assert said[1].startswith("level ")
