import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dreamreel.animation.fields import FIELDS
from dreamreel.cli.commands import SENTENCES, load
from dreamreel.cli.main import app

TINY = ["--model", "tiny-sd", "--steps", "4", "--seed", "3", "--device", "cpu", "-n", "3"]


def run(*arguments):
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "400", "TERM": "dumb"})


def test_what_is_said_of_a_command_before_it_is_loaded_is_what_it_says_itself():
    for name, sentence in SENTENCES.items():
        command = load(name)
        assert command.help.split("\n\n")[0].replace("\n", " ") == sentence
        assert not {"install_completion", "show_completion"} & {each.name for each in command.params}
    files = Path(sys.modules["dreamreel.cli.main"].__file__).parent.glob("*.py")
    assert {path.stem.removesuffix("_") for path in files if "\napp = typer.Typer(" in path.read_text()} == {
        *SENTENCES,
        "main",
    }


def test_render_answers_with_the_path_and_chats_on_stderr(tmp_path):
    out = tmp_path / "a.mp4"
    ran = run("render", "-p", "a red circle", *TINY, "-o", str(out), "--frames", str(tmp_path / "frames"))
    assert (ran.exit_code, ran.stdout) == (0, f"{out}\n")
    lines = ran.stderr.splitlines()
    assert lines[0] == "Using seed: 3"
    assert lines[1:4] == [f"Rendering animation frame {idx} of 3" for idx in range(3)]
    assert "seed 3" in lines[-1]
    names = sorted(file.name for file in (tmp_path / "frames").iterdir())
    assert names == ["00000.png", "00001.png", "00002.png", "render.json"]


def test_who_asks_for_plms_is_told_what_becomes_of_it(tmp_path):
    ran = run("render", "-p", "a", *TINY, "--sampler", "plms", "-o", str(tmp_path / "a.mp4"))
    assert ran.stderr.splitlines()[1] == "Init images aren't supported with PLMS yet, switching to KLMS"


def test_a_request_file_may_be_bare_or_a_whole_request_and_options_win(tmp_path):
    request = tmp_path / "request.json"
    request.write_text(json.dumps({"version": "x", "input": {"animation_prompts": "a", "max_frames": "7", "fps": 12}}))
    ran = run("check", "--input", str(request), "--fps", "20", "--json", "--model", "tiny-sd")
    answer = json.loads(ran.stdout)
    assert (answer["input"]["max_frames"], answer["input"]["fps"]) == (7, 20)
    assert len(answer["frames"]) == 7


def test_check_shows_the_table_the_cost_and_the_warnings():
    ran = run("check", "-p", "0: a | 9: b", "-n", "9", "--zoom", "0: (1), 20: (2)", "--model", "tiny-sd")
    assert ran.exit_code == 0
    assert "9 frames, 186 network evaluations" in ran.stdout
    assert "Warning: zoom: key 20 is past the last frame 8" in ran.stderr
    assert "Warning: animation_prompts: the prompt at frame 9 is never shown" in ran.stderr


def test_json_answers_are_json(tmp_path):
    ran = run("render", "-p", "a", *TINY, "-o", str(tmp_path / "a.mp4"), "--json")
    answer = json.loads(ran.stdout)
    assert (answer["seed"], answer["frames"], answer["complete"]) == (3, 3, True)


def test_resume_goes_on_and_clears_up_after_itself(tmp_path):
    out = str(tmp_path / "a.mp4")
    assert run("render", "-p", "a", *TINY, "-o", out, "--frames", f"{out}.frames").exit_code == 0
    again = run("render", "-p", "a", *TINY[:-1], "5", "-o", out, "--resume")
    assert again.exit_code == 0
    assert "Rendering animation frame 2 of 5" not in again.stderr
    assert "Rendering animation frame 3 of 5" in again.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"]


def test_resuming_takes_the_seed_of_the_frames(tmp_path):
    out = str(tmp_path / "a.mp4")
    options = ["-p", "a", "--model", "tiny-sd", "--steps", "4", "-n", "2", "-o", out, "--resume"]
    first = run("render", *options, "--frames", str(tmp_path / "frames"))
    (tmp_path / "a.mp4").unlink()  # a finished film would be left as it is
    again = run("render", *options, "--frames", str(tmp_path / "frames"))
    assert first.stderr.splitlines()[0] == again.stderr.splitlines()[0]


def test_every_input_has_an_option_with_its_help():
    text = run("render", "--help").stdout
    for name in FIELDS:
        assert "--" + name.replace("_", "-") in text


def test_models_are_listed():
    ran = run("models", "list")
    assert ran.exit_code == 0
    assert "tiny-sd\t64x64, 50 steps, cfg 7\tshipped" in ran.stdout


def test_models_are_listed_as_json_with_what_they_take():
    listed = [json.loads(line) for line in run("models", "list", "--json").stdout.splitlines()]
    tiny = next(each for each in listed if each["name"] == "tiny-sd")
    assert tiny["memory_bytes"]["float32"] == 2 * tiny["memory_bytes"]["float16"] > 0
    assert tiny["disk_bytes"] >= tiny["memory_bytes"]["float16"]


def test_a_model_that_draws_is_inspected_with_what_it_was_made_for_and_takes():
    ran = run("models", "inspect", "tiny-sd")
    assert "made for 64x64, 50 steps, cfg 7" in ran.stdout
    assert "GB of memory in float32" in ran.stdout


def test_a_pulled_model_is_removed_and_nothing_else(tmp_path, monkeypatch):
    import shutil

    from dreamreel.models.catalog import locate

    monkeypatch.setenv("DREAMREEL_MODELS", str(tmp_path))
    shutil.copytree(locate("tiny-sd").path, tmp_path / "owner--small")
    (tmp_path / "digests.json").write_text("{}")
    asked = run("models", "remove", "owner/small")
    assert (asked.exit_code, "--yes: is needed without a terminal" in asked.stderr) == (2, True)
    assert "owner/small" in run("models", "list").stdout
    assert run("models", "remove", "owner/small", "--yes").exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["digests.json"]
    for name in ("owner/small", "tiny-sd", "../x", str(locate("tiny-sd").path)):
        assert run("models", "remove", name, "--yes").exit_code == 2
    assert locate("tiny-sd").path.is_dir()


def test_the_version_is_told():
    assert run("--version").stdout.startswith("dreamreel 0.")


@pytest.mark.parametrize("arguments", [[], ["render", "--nonsense"], ["nonsense"]])
def test_wrong_usage_is_exit_code_2(arguments):
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize("name", ["tiny", "a/b/c", "../x", ""])
def test_what_cannot_be_a_hub_id_is_one_sentence(name):
    ran = run("models", "pull", name)
    assert ran.exit_code == 2
    assert "is not a hub id; write owner/name" in ran.stderr


def test_bench_says_how_fast_where_the_time_goes_and_how_diffusers_compares(tmp_path):
    trace = tmp_path / "trace.json"
    options = ["--model", "tiny-sd", "--size", "64x64", "--steps", "4", "--device", "cpu", "-n", "1"]
    ran = run("bench", *options, "--concurrent", "1,2", "--against", "diffusers", "--trace", str(trace), "--json")
    assert ran.exit_code == 0, ran.stderr
    report = json.loads(ran.stdout)
    assert set(report["overhead"]) == set(report["frames_per_second"]) == {"1", "2"}
    assert all(0 <= share < 1 for share in report["overhead"].values())
    assert min(report["share_of_peak"]["1"], report["tflops"]["2"], report["against_diffusers"]) > 0
    spans = [each for each in json.loads(trace.read_text())["traceEvents"] if each["ph"] == "X"]
    assert {"denoise", "warp", "color", "noise", "encode", "decode", "keep"} <= {each["name"] for each in spans}


def test_bench_says_what_guidance_costs():
    """Two rows and one: half the operations of an evaluation; the autoencoder of a frame stays."""
    options = ["--model", "tiny-sd", "--steps", "4", "--device", "cpu", "-n", "1", "--concurrent", "1"]
    ran = run("bench", *options, "--cfg-scale", "1,7", "--json")
    assert ran.exit_code == 0, ran.stderr
    report = json.loads(ran.stdout)
    assert list(report["guidance"]) == ["1", "7"]
    assert report["guidance_ratio"]["evaluation_tflop"] == pytest.approx(2, rel=1e-3)
    assert 1 < report["guidance_ratio"]["frame_tflop"] < 2
    assert min(min(each.values()) for each in report["guidance"].values()) > 0
    assert report["load_s"] > 0


def test_bench_refuses_what_it_cannot_measure():
    for options, words in (
        (["--concurrent", "1,x"], "--concurrent: must be numbers between 1 and 256"),
        (["--against", "paint"], "--against: must be diffusers"),
        (["--rows", "3"], "rows: must be auto or an even number"),
        (["--steps", "2"], "--steps: 2 are too few to measure: a usual frame takes none of them"),
        *(
            (["--cfg-scale", text], "--cfg-scale: must be one number from 1 to 100, or two")
            for text in ("7,7", "0", "1,x")
        ),
    ):
        ran = run("bench", "--model", "tiny-sd", *options)
        assert (ran.exit_code, words in ran.stderr) == (2, True)


def test_commands_that_only_need_the_store_load_neither_the_api_nor_torch(tmp_path):
    commands = [["webhooks", "list"], ["webhooks", "rotate"], ["token", "list"], ["prune", "--dry-run"], ["migrate"]]
    program = (
        "import sys\nfrom dreamreel.cli.main import app\n"
        f"for command in {commands!r}:\n"
        f"    app([*command, '--data', {str(tmp_path)!r}], standalone_mode=False)\n"
        "    print([name for name in ('dreamreel.api.app', 'fastapi', 'torch') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True)
    assert [line for line in ran.stdout.splitlines() if line.startswith("[")] == ["[]"] * len(commands)


def test_a_data_folder_that_cannot_be_made_is_said_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    for command in (["migrate"], ["webhooks", "list"]):
        ran = run(*command, "--data", str(tmp_path / "file" / "data"))
        assert (ran.exit_code, ran.stderr.startswith("error: data: ")) == (2, True), ran.output


def test_webhooks_are_listed_with_what_arrived_and_counted_by_state(tmp_path):
    from dataclasses import replace

    from tests.contract.store_contract import accepted

    from dreamreel.cli.store import open_store
    from dreamreel.settings import Settings

    store = open_store(Settings(data=tmp_path))
    for number, state in enumerate(["active", "done", "done", "given up"]):
        prediction = accepted(number, webhook="https://me:secret@example.com/x", webhook_events=("completed",))
        store.add(prediction)
        row = replace(store.outbox().delivery(prediction.id), state=state, delivered=number, dropped=2, due_at=None)
        store.outbox().save_delivery(replace(row, last_error="the receiver answered 500\n\x1b[0m", tries=1))
    store.close()
    ran = run("webhooks", "list", "--data", str(tmp_path), "--state", "given up")
    [line] = ran.stdout.splitlines()
    assert line.split()[1:6] == ["given", "up", "3", "2", "1"]
    assert "https://me:***@example.com/x" in line
    assert "\x1b" not in ran.stdout
    assert "1 active, 2 done, 1 given up" in ran.stderr
    ran = run("webhooks", "list", "--data", str(tmp_path), "--state", "lost")
    assert (ran.exit_code, 'state: must be one of active, done and "given up"' in ran.stderr) == (2, True)
