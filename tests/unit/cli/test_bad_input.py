"""Every hostile input gets one clear sentence and an exit code, and leaves no file under the final name."""

import json

import pytest
from typer.testing import CliRunner

from dreamreel.cli.main import app

LONG = 240_000

# (options, exit code, what the sentence must say)
OPTIONS = [
    # prompts
    (["-p", "0: a | b"], 2, "animation_prompts: Please follow the 'frame_num: prompt' format. (part 2"),
    (["-p", "0: a | 1: b |"], 2, "part 3 is empty"),
    (["-p", "0: a | 0: b"], 2, "Duplicate prompts for frame_num 0. "),
    (["-p", "0: a | 500: b"], 2, "frame_num should be an integer and 0<= frame_num <= max_frames"),
    (["-p", "0: a | -5: b"], 2, "frame_num should be an integer"),
    (["-p", "0: a | ²: b"], 2, 'got "²"'),
    (["-p", "0: a | 1e1: b"], 2, 'got "1e1"'),
    (["-p", "0: a | 1:"], 2, "prompt cannot be empty"),
    (["-p", "|" * 50], 2, "part 1 is empty"),
    (["-p", "0: a | " + "9" * 9999 + ": b"], 2, "frame_num should be an integer"),
    (["-p", "a\ud800"], 2, "animation_prompts: holds half a surrogate pair at column 2"),
    # schedules
    (["--zoom", ""], 2, "zoom: Key Frame string not correctly formatted (empty)"),
    (["--zoom", "   "], 2, "zoom: Key Frame string not correctly formatted (empty)"),
    (["--zoom", "1.04"], 2, 'zoom: Key Frame string not correctly formatted: expected ":" at column 2'),
    (["--zoom", "0: 1.04"], 2, 'expected "(" at column 4'),
    (["--zoom", "0: (1.04"], 2, 'expected ")" at column 9'),
    (["--zoom", "0: ((1.04)"], 2, 'could not convert string to float: "(1.04"'),
    (["--zoom", "0: ()"], 2, "could not convert string to float"),
    (["--zoom", "0: (1,04)"], 2, 'could not convert string to float: "1,04" at column 5'),
    (["--zoom", "0: (sin(t))"], 2, 'formulas need "math": true'),
    (["--zoom", "0: (nan)"], 2, 'zoom: "nan" at column 5 is not a finite number'),
    (["--zoom", "0: (inf)"], 2, 'zoom: "inf" at column 5 is not a finite number'),
    (["--zoom", "0: (1e999)"], 2, 'zoom: "1e999" at column 5 is not a finite number'),
    (["--zoom", "0: (0)"], 2, "zoom: must be above 0, is 0 at frame 0"),
    (["--zoom", "0: (-1)"], 2, "zoom: must be above 0"),
    (["--zoom", "0: (1e-30)"], 2, "zoom: 1e-30 at frame 0 is below"),
    (["--zoom", "0: (1e30)"], 2, "zoom: 1e+30 at frame 0 is beyond"),
    (["--zoom", "٣: (1)"], 2, "zoom: Key Frame string not correctly formatted"),
    (["--zoom", "0：（1）"], 2, "zoom: Key Frame string not correctly formatted"),
    (["--angle", "9" * 99 + ": (1)"], 2, "angle: frame number"),
    (["--angle", "0: (1); drop table"], 0, "Warning: angle"),
    (["--translation-x", "0: (1e300)"], 2, "translation_x: 1e+300 at frame 0 is beyond"),
    (["--translation-y", "0: (0x10)"], 2, "translation_y: could not convert"),
    (["--strength-schedule", "abc"], 2, "strength_schedule: Key Frame string"),
    (["--noise-schedule", "0: (1e9)"], 2, "noise_schedule: 1e+09 at frame 0 is beyond"),
    (["--contrast-schedule", "0: (-1e9)"], 2, "contrast_schedule: -1e+09"),
    (["--math", "--zoom", "0: (__import__('os').system('id'))"], 2, "is not a function"),
    (["--math", "--zoom", "0: (9**9**9**9)"], 2, "is not a finite number at frame 0"),
    (["--math", "--zoom", "0: (1/t)"], 2, "is not a finite number at frame 0"),
    (["--math", "--zoom", "0: (sin(t)"], 2, 'expected ")"'),
    (["--strict", "--zoom", "0: (1), 5 (2)"], 2, "(strict)"),
    # numbers and choices
    (["-n", "0"], 2, "max_frames: must be between 1 and 1000000, got 0"),
    (["-n", "-5"], 2, "max_frames: must be between"),
    (["-n", "ten"], 2, 'max_frames: must be an integer, got the string "ten"'),
    (["-n", "1.5"], 2, 'max_frames: must be an integer, got the string "1.5"'),
    (["-n", "9" * 99], 2, "max_frames: must be an integer"),
    (["--fps", "121"], 2, "fps: must be between 1 and 120, got 121"),
    (["--fps", "NaN"], 2, "fps: must be a number"),
    (["--seed", "-2"], 2, "seed: must be between -1 and 4294967295"),
    (["--seed", "4294967296"], 2, "seed: must be between"),
    (["--sampler", "eular"], 2, 'did you mean "euler"?'),
    (["--color-coherence", "LAB"], 2, "color_coherence: must be one of"),
    (["--border", "mirror"], 2, 'border: must be one of "wrap", "replicate"'),
    (["--profile", "x"], 2, "profile: must be one of"),
    # canvas and model
    (["--size", "64"], 2, "size: must be WIDTHxHEIGHT"),
    (["--size", "64x"], 2, "size: must be WIDTHxHEIGHT"),
    (["--size", "65x64"], 2, "size: width 65 is not a multiple of 8; use 64 or 72"),
    (["--size", "0x0"], 2, "size: width must be between 16 and 4096 pixels, got 0"),
    (["--size", "99999x64"], 2, "size: width must be between"),
    (["--steps", "0"], 2, "steps: must be between 1 and 1000, got 0"),
    (["--steps", "1001"], 2, "steps: must be between"),
    (["--steps", "x"], 2, "--steps"),
    (["--cfg-scale", "nan"], 2, "cfg_scale: must be between -1000 and 1000, got nan"),
    (["--sampler", "ddim", "--steps", "9"], 2, "steps: ddim has no 9 steps"),
    (["--sampler", "ddim", "--strength-schedule", "0: (0)"], 2, "strength_schedule: 0 at frame 1"),
    (["--model", "nowhere"], 2, 'model "nowhere": there is no such file or folder'),
    (["--model", "owner/name"], 2, "`dreamreel models pull owner/name` fetches it"),
    (["--device", "cuda:99"], 2, "device cuda:99 is not available here"),
    (["--precision", "float8"], 2, "precision must be auto"),
]
FILES = [
    # (what the request file holds, exit code, what the sentence must say)
    (b"", 2, "is not JSON"),
    (b"{", 2, "is not JSON: "),
    (b"[1]", 2, "must hold a JSON object"),
    (b"null", 2, "must hold a JSON object"),
    (b"\xff\xfe\x00", 2, "is not JSON"),
    (b"[" * 100_000, 2, "is not JSON"),
    (b'{"fps": ' + b"9" * 9999 + b"}", 2, "is not JSON that can be read"),
    (b'{"zoom": 1.04}', 2, 'zoom: must be a string, got the number "1.04"'),
    (b'{"zoom": null, "max_frames": {"a": 1}}', 2, "max_frames: must be an integer, got the object"),
    (b'{"max_frames": true}', 2, 'max_frames: must be an integer, got the boolean "True"'),
    (b'{"animation_prompts": ["a"]}', 2, "animation_prompts: must be a string, got the array"),
    (b'{"animation_prompts": "a\\u0000b"}', 2, "animation_prompts: holds a NUL character at column 2"),
    (b'{"fps": NaN}', 2, "fps: must be a number"),
    (b'{"fps": Infinity}', 2, "fps: must be a number"),
    (json.dumps({"zoom": "0:(" * 9_000}).encode(), 2, 'expected ")"'),
    (json.dumps({"zoom": "1" * LONG}).encode(), 2, "zoom: Key Frame string not correctly formatted"),
    (json.dumps({"zoom": "0:(" + "1" * LONG + ")"}).encode(), 2, "is not a finite number"),
    (json.dumps({"animation_prompts": "|" * 9_000}).encode(), 2, "part 1 is empty"),
    (json.dumps({"animation_prompts": "0: a|" + "1: b|" * 9_000}).encode(), 2, "Duplicate prompts"),
    (json.dumps({"math": True, "zoom": "0:(" + "(" * LONG}).encode(), 2, 'expected ")"'),
    (json.dumps({"zoom": "0:(1)" * LONG}).encode(), 2, "zoom: has 1200000 characters; 262144 are the most"),
    (json.dumps({"animation_prompts": "a" * 300_000}).encode(), 2, "animation_prompts: has 300000 characters"),
    (
        json.dumps({"math": True, "zoom": "".join(f"{i}:(t)" for i in range(2000))}).encode(),
        2,
        "more than 1000 formulas",
    ),
    (json.dumps({"strict": True, "wide": 1}).encode(), 2, "wide: ignored: there is no such input (strict)"),
]


def run(tmp_path, arguments):
    out = tmp_path / "out.mp4"
    base = ["render", "--model", "tiny-sd", "--steps", "2", "-n", "2", "--seed", "1", "--device", "cpu", "-o", str(out)]
    return CliRunner().invoke(app, [*base, *arguments]), out


def assert_refused(ran, out, code, sentence):
    assert ran.exit_code == code, ran.stderr
    assert sentence in ran.stderr
    assert "Traceback" not in ran.output
    assert out.exists() == (code == 0)
    assert not out.with_name("out.mp4.part").exists()
    if code and "Usage" not in ran.stderr:
        errors = [line for line in ran.stderr.splitlines() if line.startswith("error: ")]
        assert len(errors) == 1
        assert len(errors[0]) < 700


@pytest.mark.parametrize(("options", "code", "sentence"), OPTIONS, ids=[" ".join(o[0])[:50] for o in OPTIONS])
def test_a_bad_option_is_one_sentence(tmp_path, options, code, sentence):
    assert_refused(*run(tmp_path, options), code, sentence)


@pytest.mark.parametrize(("content", "code", "sentence"), FILES, ids=[repr(f[0][:40]) for f in FILES])
def test_a_bad_request_file_is_one_sentence(tmp_path, content, code, sentence):
    (tmp_path / "request.json").write_bytes(content)
    base = ["render", "--model", "tiny-sd", "-o", str(tmp_path / "out.mp4"), "-i", str(tmp_path / "request.json")]
    assert_refused(CliRunner().invoke(app, base), tmp_path / "out.mp4", code, sentence)


def test_a_missing_request_file_is_one_sentence(tmp_path):
    ran, out = run(tmp_path, ["-i", str(tmp_path / "none.json")])
    assert_refused(ran, out, 2, "none.json cannot be read: No such file or directory")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("nowhere/a.mp4", "cannot be written: No such file or directory"),
        ("a.avi", "a video's name ends in .mp4, .webm, .gif"),
        ("noending", "a video's name ends in"),
        ("/proc/a.mp4", "cannot be written"),
    ],
)
def test_an_output_that_cannot_be_written_is_one_sentence(tmp_path, path, sentence):
    ran, _ = run(tmp_path, ["-o", str(tmp_path / path) if not path.startswith("/") else path])
    assert_refused(ran, tmp_path / "out.mp4", 1, sentence)


def test_frames_that_cannot_be_kept_are_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    ran, out = run(tmp_path, ["--frames", str(tmp_path / "file")])
    assert_refused(ran, out, 1, "cannot be a folder of frames")
