"""Requests as editors, shells and clipboards leave them."""

import json

import pytest
from typer.testing import CliRunner

from dreamreel.cli.main import app

FOX = {"animation_prompts": "a fox", "max_frames": 2}


def check(*arguments, text=None):
    return CliRunner().invoke(app, ["check", "--model", "tiny-sd", "--seed", "1", *arguments], input=text)


def written(tmp_path, content):
    path = tmp_path / "request.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + json.dumps(FOX).encode(),
        json.dumps(FOX).encode("utf-16"),
        json.dumps(FOX, indent=2).replace("\n", "\r\n").encode(),
    ],
    ids=["byte order mark", "UTF-16", "CRLF"],
)
def test_what_editors_on_windows_write_is_read(tmp_path, content):
    ran = check("-i", written(tmp_path, content))
    assert (ran.exit_code, ran.stdout.splitlines()[0]) == (0, "Prompt: a fox")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('{"max_frames": 2,}', 'at line 1 column 18; remove the comma before "}"'),
        ('{"a": [1,]}', '; remove the comma before "]"'),
        (
            '{"animation_prompts": "a\nb"}',
            r"Invalid control character at line 1 column 25; inside quotes, write \n for it",
        ),
        ('{"animation_prompts": "C:\\Users"}', 'Invalid \\escape at line 1 column 26; write "\\\\" for a backslash'),
        ("{'max_frames': 2}", "; write \" for '"),
        ("{“max_frames”: 2}", 'at line 1 column 2: "“" (left double quotation mark) stands where'),
        ('{"max_frames": 2 // two\n}', "; JSON has no comments, remove it"),
        ('{"math": True}', "; write true"),
        ("{math: true}", "; names stand in quotes"),
        ('{"zoom": "0:(1)", "zoom": "0:(2)"}', 'has "zoom" twice in one object; keep one of them'),
        ("", "is empty; it must hold a JSON object of inputs"),
        (b"\xff\xfe", "is empty"),
        ('{"rendered_frames": []}', "is a Parseq document that was never rendered: open it in Parseq, press Render"),
        ('{"zoom": {"0": 1.02}}', 'zoom: must be a string, got the object "{\'0\': 1.02}"; write "0: (1.02)"'),
        ('{"max_frames": 23.976}', 'max_frames: must be an integer, got the number "23.976"; write 24'),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_what_to_write(tmp_path, content, sentence):
    ran = check("-i", written(tmp_path, content))
    assert ran.exit_code == 2
    assert sentence in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_letters_of_another_encoding_are_read_and_warned_of(tmp_path):
    ran = check("-i", written(tmp_path, b'{"animation_prompts": "caf\xe9", "max_frames": 2}'))
    assert (ran.exit_code, ran.stdout.splitlines()[0]) == (0, "Prompt: café")
    assert "Warning: --input: the file is not UTF-8; it is read as cp1252" in ran.stderr


def test_settings_of_another_program_are_a_request_and_what_they_say_more_is_named(tmp_path):
    settings = {"animation_mode": "3D", "W": 64, "H": 64, "max_frames": 3, "prompts": {"0": "a cat"}, "batch_name": "x"}
    ran = check("-i", written(tmp_path, json.dumps(settings)), "--json")
    assert (ran.exit_code, json.loads(ran.stdout)["input"]["profile"]) == (0, "a1111")
    assert 'Not supported: animation_mode: "3D"' in ran.stderr


def test_a_request_comes_from_stdin():
    ran = check("-i", "-", text=json.dumps(FOX))
    assert (ran.exit_code, ran.stdout.splitlines()[0]) == (0, "Prompt: a fox")


def test_a_text_comes_from_a_file(tmp_path):
    (tmp_path / "prompts.txt").write_bytes("\ufeff0: a fox | 1: a cat\r\n".encode())
    (tmp_path / "zoom.txt").write_text("0: (1.5)\n")
    ran = check("-n", "2", "-p", f"@{tmp_path / 'prompts.txt'}", "--zoom", f"@{tmp_path / 'zoom.txt'}", "--json")
    frames = json.loads(ran.stdout)["frames"]
    assert [(frame["prompt"], frame["zoom"]) for frame in frames] == [("a fox", 1.5), ("a cat", 1.5)]
    ran = check("-n", "2", "-p", "@nothing")
    assert ran.exit_code == 2
    assert 'nothing cannot be read: No such file or directory; "@" names a file; a blank before it makes it a word' in (
        ran.stderr
    )
    assert "Prompt: @nothing" in check("-n", "2", "-p", " @nothing").stdout.replace(":  ", ": ")


def test_prompts_given_twice_are_refused_and_other_options_warned_of():
    ran = check("-p", "a fox", "--prompts", "a cat")
    assert ran.exit_code == 2
    assert 'animation_prompts: given 2 times; one text holds all, such as -p "0: a fox | 30: a cat"' in ran.stderr
    ran = check("-p", "--fps", "-n", "2", "--fps", "20", "--fps=24", "--json")
    assert json.loads(ran.stdout)["input"]["fps"] == 24
    assert "Warning: --fps is given 2 times; the last one counts" in ran.stderr


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        ("--resolution", "; did you mean --size?"),
        ("--num-inference-steps", "; did you mean --steps?"),
        ("--guidance-scale", "; did you mean --cfg-scale?"),
        ("--prompt", "; did you mean --animation-prompts?"),
        ("--framerate", "; did you mean --fps?"),
        ("--jsn", "; did you mean --json?"),
        ("--negative-prompt", "; did you mean --negative-prompts?"),
        ("--translation-z", "; 3D motion is not supported"),
        ("--maxi", "; --help lists them"),
        ("--denoising-strength", "; --help lists them"),
    ],
)
def test_an_option_that_does_not_exist_has_the_right_hint_or_none(option, hint):
    ran = check(option, "1")
    assert (ran.exit_code, ran.stderr) == (2, f"error: there is no option {option}{hint}\n")


def test_what_a_server_decides_is_no_option_of_predict():
    ran = CliRunner().invoke(app, ["predict", "--width", "512"])
    assert (ran.exit_code, ran.stderr) == (2, "error: there is no option --width; the server decides it\n")


def checked_model(tmp_path, content, *arguments):
    """(exit code, what is said) of a check without --model."""
    path = written(tmp_path, json.dumps(content))
    ran = CliRunner().invoke(app, ["check", "--json", "--seed", "1", "-i", path, *arguments])
    return ran.exit_code, ran.stdout


def test_a_request_may_name_its_model_and_the_option_wins(tmp_path):
    code, answer = checked_model(tmp_path, {**FOX, "model": "tiny-sd"})
    assert (code, json.loads(answer)["width"]) == (0, 64)
    code, answer = checked_model(tmp_path, {**FOX, "model": "nowhere"}, "--model", "tiny-sd")
    assert (code, json.loads(answer)["width"]) == (0, 64)
    assert checked_model(tmp_path, {**FOX, "model": "nowhere"})[0] == 2
    assert checked_model(tmp_path, {**FOX, "model": 5})[0] == 2


def test_the_api_model_beside_an_input_is_not_the_model_that_draws(tmp_path):
    prediction = {"model": "deforum/deforum_stable_diffusion", "version": "e22e", "input": FOX}
    code, answer = checked_model(tmp_path, prediction)
    assert (code, json.loads(answer)["width"]) == (0, 256)
