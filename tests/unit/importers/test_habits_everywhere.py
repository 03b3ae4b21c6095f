"""Each habit seen in public files, on the command line and on the API: a film, or one sentence that says why not."""

import json
from functools import partial

import pytest
from tests.unit.api.conftest import client, context  # noqa: F401
from tests.unit.importers.corpus import UNREADABLE, extension, notebook
from typer.testing import CliRunner

from dreamreel.animation.views import ANIMATE, OTHER, SEED
from dreamreel.cli.main import app

# The habit -> what somebody writes into an otherwise good file. All of these are films.
KEYS = {
    "keys far past the end": {"zoom": "0: (1), 500: (1.5)"},
    "keys at max_frames": {"zoom": "0: (1), 60: (1.5)"},
    "first prompt at 50": {"prompts": {"50": "a fox"}},
    "a frame written twice": {"zoom": "0: 0: (1 + 0.1*sin(t))"},
    "keyframes joined by bars": {"zoom": "0: (1.02) | 30: (1.05)"},
    "leading blanks": {"zoom": "  0: (1.02)"},
    "a number without its zero": {"zoom": "0: (.5)"},
    "formulas that are NaN on some frames": {"zoom": "0: (1 + sqrt(t - 2))"},
    "a cadence as a text": {"diffusion_cadence": "2"},
    "frames as a text": {"max_frames": "100"},
    "a sampler's number": {"sampler": 0},
    "a plane as a text": {"near_plane": "200"},
    "a bare 0": {"angle": "0"},
    "a bare 0 that is no text": {"angle": 0},
    "no seed": {"seed": None},
    "no prompts": {"prompts": {}},
    "prompts as text to index": {"prompts": {"a fox": 0, "a cat": 30}},
    "negatives as an object": {"negative_prompts": {"0": "blurry", "30": "dark"}},
    "width and height": {"W": None, "H": None, "width": 512, "height": 448},
    "FPS": {"fps": None, "FPS": 20},
    "a border that warps": {"border": "warp"},
    "transition_x": {"translation_x": None, "transition_x": "0: (2)"},
    "invented switches": {"make_it_good": True, "enable_magic": "yes"},
    "Flux of Forge": {"distilled_cfg_scale_schedule": "0: (3.5)", "scheduler": "Simple"},
    "shake of Forge": {"shake_name": "INVESTIGATION", "shake_intensity": 1.0, "shake_speed": 1.0},
    "Wan of Forge": {"wan_model_path": "models/wan", "wan_fps": 16, "wan_enable": False},
    "FreeU of Forge": {"freeu_enabled": True, "freeu_b1": "0: (1.3)"},
    "HTML in a commit id": {"deforum_git_commit_id": '<a href="https://example.org">a1b2 (Unknown)</a>'},
}
WRAPPERS = {
    "deforum_settings": lambda: {"deforum_settings": extension()},
    "a list of deforum_settings": lambda: {"deforum_settings": [extension()]},
    "input": lambda: {"input": extension(), "version": "anything"},
    "options_overrides": lambda: {"deforum_settings": extension(), "options_overrides": {"sd_vae": "a.pt"}},
}
FILES = {
    **{f"{name}, extension": partial(extension, **changes) for name, changes in KEYS.items()},
    **{f"{name}, notebook": partial(notebook, **changes) for name, changes in KEYS.items()},
    **WRAPPERS,
}
# The same habits by the names that requests have, for those who write them into a request as they stand.
RENAMED = {"prompts": "animation_prompts"}


def ask(command, content, path, *more):
    path.write_bytes(content)
    options = ("--model", "tiny-sd", "--size", "64x64", "--steps", "1", "--seed", "1", "-i", str(path))
    return CliRunner().invoke(app, [command, *options, *more])


def content_of(name):
    return json.dumps(FILES[name]()).encode()


@pytest.mark.parametrize("name", FILES)
def test_the_command_line_plans_it(name, tmp_path):
    ran = ask("check", content_of(name), tmp_path / "a.txt")
    assert ran.exit_code == 0, ran.stderr


def test_the_command_line_draws_them_all(tmp_path):
    drawn = [name for name in FILES if "notebook" not in name]
    for number, name in enumerate(drawn):
        (tmp_path / f"{number:02}.txt").write_bytes(content_of(name))
    options = ("--size", "64x64", "--steps", "1", "-n", "4", "--plain", "-o", str(tmp_path / "{name}.mp4"))
    ran = CliRunner().invoke(app, ["render", "--batch", str(tmp_path), "--model", "tiny-sd", *options])
    assert ran.exit_code == 0, ran.stderr
    assert f"{len(drawn)} of {len(drawn)} films are finished" in ran.stderr
    assert all((tmp_path / f"{number:02}.mp4").stat().st_size for number in range(len(drawn)))


def test_the_service_takes_them_all(client):  # noqa: F811
    refused = {}
    for name in FILES:
        imported = client.post("/v1/import", content=content_of(name))
        assert imported.status_code == 200, (name, imported.text)
        created = client.post("/v1/predictions", json={"version": ANIMATE.version, "input": imported.json()["input"]})
        if created.status_code != 201:
            refused[name] = created.text
    assert refused == {}


@pytest.mark.parametrize("name", UNREADABLE)
@pytest.mark.parametrize("command", ["check", "render"])
def test_the_command_line_says_in_one_line_what_cannot_be_read(command, name, tmp_path):
    content, sentence = UNREADABLE[name]
    ran = ask(command, content, tmp_path / "a.txt")
    assert (ran.exit_code, len(ran.stderr.splitlines())) == (2, 1)
    assert sentence in ran.stderr


@pytest.mark.parametrize("name", UNREADABLE)
def test_the_service_says_in_a_sentence_what_cannot_be_read(name, client):  # noqa: F811
    content, sentence = UNREADABLE[name]
    answer = client.post("/v1/import", content=content)
    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]


@pytest.mark.parametrize("model", [SEED, OTHER, ANIMATE], ids=lambda model: model.name)
def test_in_a_request_each_is_a_film_or_names_its_input(model, client):  # noqa: F811
    for habit, keys in KEYS.items():
        given = {RENAMED.get(key, key): value for key, value in keys.items() if value is not None or key == "seed"}
        created = client.post("/v1/predictions", json={"version": model.version, "input": given})
        assert created.status_code in (201, 422), (habit, created.text)
        if created.status_code == 422:
            assert any(key in created.json()["detail"] for key in given), (habit, created.text)
