"""What `check` prints is whole, short, and the same that `render` says."""

import json
import os
import pty
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.input import parse
from dreamreel.animation.plan import build
from dreamreel.cli.frame_table import frame_lines
from dreamreel.cli.main import app


def run(*arguments, columns="400"):
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": columns, "TERM": "dumb"})


def lines(width=None, seed=5, **raw):
    raw = {"animation_prompts": "a fox", "max_frames": 3, **raw}
    return list(frame_lines(build(parse(raw)[0], Canvas(64, 64, 20, 7.0), seed), width))


def test_what_never_changes_is_said_once():
    assert lines() == [
        "Prompt: a fox",
        "Every frame: angle 0, zoom 1.04, tx 0, ty 0, noise 0.02, contrast 1",
        "From frame 1 on: strength 0.65 (frame 0: 0), evaluations 7 (frame 0: 20)",
        "frame  seed",
        "    0     5",
        "    1     6",
        "    2     7",
    ]


def test_what_a_frame_between_two_drawings_does_not_take_is_left_blank_and_the_rest_is_as_ever():
    cadence = {"max_frames": 4, "diffusion_cadence": 2, "strength_schedule": "0: (0.5), 2: (0.5)", "angle": "0: (t)"}
    assert lines(math=True, **cadence) == [
        "Prompt: a fox",
        "Every frame: zoom 1.04, tx 0, ty 0, noise 0.02, contrast 1",
        "From frame 1 on: strength 0.5 (frame 0: 0)",
        "frame  seed  angle  tween  evaluations",
        "    0     5      0      1           20",
        "    1     5      1      1            0",
        "    2     6      2    0.5           10",
        "    3     6      3      1            0",
    ]


def test_the_sum_says_what_cadence_saves():
    options = ("-p", "a fox", "-n", "5", "--diffusion-cadence", "2", "--steps", "10", "--model", "tiny-sd")
    shown = run("check", *options, "--sampler", "euler").stdout
    assert "5 frames (3 drawn, 2 between), 16 network evaluations (6 saved), seed" in shown
    told = json.loads(run("check", *options, "--sampler", "euler", "--json").stdout)
    assert (told["evaluations"], told["saved_evaluations"]) == (16, 6)
    assert [row["strength"] for row in told["frames"]] == [0, None, 0.65, None, 0.65]


def test_the_sum_says_where_a_sampler_may_take_fewer():
    options = ("-p", "a fox", "-n", "2", "--steps", "10", "--model", "tiny-sd", "--sampler", "dpm_adaptive")
    assert "2 frames, at most 602 network evaluations, seed" in run("check", *options).stdout
    assert json.loads(run("check", *options, "--json").stdout)["evaluations_at_most"] is True


@pytest.mark.parametrize("width", [None, 30, 80])
def test_numbers_are_whole_at_any_width(width):
    moving = {
        "zoom": "0: (1.00000001), 2: (123456.789)",
        "translation_x": "0: (-0.25), 2: (0)",
        "angle": "0: (1e9), 2: (1)",
    }
    rows = [line.split() for line in lines(width, seed=4294967290, **moving) if line.startswith("  ")]
    assert rows == [
        ["0", "4294967290", "1000000000", "1.00000001", "-0.25"],
        ["1", "4294967291", "500000000.5", "61728.8945", "-0.125"],
        ["2", "4294967292", "1", "123456.789", "0"],
    ]


def test_prompts_are_cut_on_a_terminal_only():
    two = {"animation_prompts": "0: a fox in a very deep forest | 2: 赤い城と狐と森と夜の海"}
    assert [line[13:] for line in lines(None, **two)[3:]] == ["a fox in a very deep forest"] * 2 + [
        "赤い城と狐と森と夜の海"
    ]
    assert [line[13:] for line in lines(34, **two)[3:]] == ["a fox in a very deep…"] * 2 + ["赤い城と狐と森と夜の…"]


def test_a_terminal_has_its_width_and_a_pipe_has_none():
    long = "0: " + "a fox " * 40 + "| 2: a castle"
    command = [sys.executable, "-m", "dreamreel", "check", "-n", "3", "--seed", "5", "-p", long]
    piped = subprocess.run(
        command, capture_output=True, text=True, timeout=300, check=True, env={**os.environ, "COLUMNS": "40"}
    )
    assert max(map(len, piped.stdout.splitlines())) > 200
    mine, theirs = pty.openpty()
    shown = subprocess.run(
        command, stdout=theirs, stderr=subprocess.DEVNULL, timeout=300, check=True, env={**os.environ, "COLUMNS": "40"}
    )
    os.close(theirs)
    rows = [line for line in os.read(mine, 100_000).decode().splitlines() if line.startswith("  ")]
    os.close(mine)
    assert shown.returncode == 0
    assert [len(row) for row in rows] == [39, 39, len("    2     7  a castle")]  # a blank before the cut is left out


def test_check_warns_of_what_render_warns_of(tmp_path):
    unknown = [
        "-p",
        "лиса --neg blurry",
        "-n",
        "2",
        "--size",
        "512x256",
        "--steps",
        "4",
        "--strength-schedule",
        "0: (2)",
        "--seed",
        "5",
    ]
    checked = run("check", *unknown)
    rendered = run("render", *unknown, "--device", "cpu", "-o", str(tmp_path / "a.mp4"))
    assert (checked.exit_code, rendered.exit_code) == (0, 0)
    warnings = [line for line in checked.stderr.splitlines() if line.startswith("Warning: ")]
    assert sorted(warnings) == sorted(line for line in rendered.stderr.splitlines() if line.startswith("Warning: "))
    assert [warning.split(": ")[1] for warning in warnings] == [
        *("animation_prompts", "strength_schedule", "strength_schedule", "size", "animation_prompts")
    ]
    assert warnings == [f"Warning: {text}" for text in json.loads(run("check", *unknown, "--json").stdout)["warnings"]]


def test_json_has_the_notes_with_their_places_and_bad_input_is_json_too():
    answer = json.loads(run("check", "-p", "a fox --neg x", "-n", "2", "--json", "--model", "tiny-sd").stdout)
    assert answer["notes"] == [
        {
            "field": "animation_prompts",
            "message": '"--neg x" at column 7 is read as words: the original has no negative prompts; '
            '"prompt_grammar": "dreamreel" reads it',
            "column": 7,
        }
    ]
    ran = run("check", "--zoom", "0: (x)", "--json")
    assert ran.exit_code == 2
    error = json.loads(ran.stdout)["error"]
    assert (error["field"], error["column"]) == ("zoom", 5)
    assert ran.stderr.startswith("error: zoom: could not convert string to float")
