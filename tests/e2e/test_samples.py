"""The samples of README.md and docs/api.md as they stand there, on a server without tokens and on one with tokens."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.e2e.clients.install import folder_of
from tests.e2e.server import HTTP, serving, token_for

ROOT = Path(__file__).parents[2]
ADDRESS = "http://127.0.0.1:8000"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SAMPLES = [
    pytest.param(language, code, id=f"{page}-{language or 'curl'}")
    for page in ("README.md", "docs/api.md")
    for language, code in BLOCK.findall((ROOT / page).read_text("utf-8"))
    if ADDRESS in code
]


@pytest.fixture(scope="module", params=["without tokens", "with a token"])
def server(request, tmp_path_factory):
    data = tmp_path_factory.mktemp("samples") / "data"
    token = token_for(data, "me") if request.param == "with a token" else ""
    with serving(data, "--steps", "2", *(["--require-auth"] if token else []), token=token) as running:
        yield running


def client_folder(name):
    try:
        return folder_of(name)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"the client cannot be fetched: {error}")


def run_shell(code, _folder):
    return ["sh", "-c", code], {}


def run_python(code, _folder):
    # The sample ends with the video; a person would go on from there.
    name = re.findall(r"^(\w+) = client\.run", code, re.MULTILINE)[0]
    command = [sys.executable, "-W", "ignore", "-c", f"{code}\nprint({name})"]
    return command, {"PYTHONPATH": str(client_folder("python1"))}


def run_javascript(code, folder):
    if shutil.which("npm") is None:
        pytest.skip("node and npm are needed for the JavaScript client")
    (folder / "node_modules").symlink_to(client_folder("node") / "node_modules")
    name = re.findall(r"^const (\w+) = await", code, re.MULTILINE)[0]
    (folder / "sample.mjs").write_text(f"{code}\nconsole.log({name})")
    return ["node", "sample.mjs"], {}


RUNNERS = {"": run_shell, "python": run_python, "js": run_javascript}


def test_there_are_samples_for_a_shell_python_and_javascript():
    assert {sample.values[0] for sample in SAMPLES} == set(RUNNERS)


@pytest.mark.parametrize(("language", "code"), SAMPLES)
def test_a_sample_works_as_it_stands(server, tmp_path, language, code):
    command, more = RUNNERS[language](code.replace(ADDRESS, server.url), tmp_path)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DREAMREEL", "REPLICATE"))}
    environment |= more | ({"DREAMREEL_TOKEN": server.token} if server.token else {})
    ran = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stderr
    if language:
        assert HTTP.get(ran.stdout.strip()).content[4:8] == b"ftyp"
    else:
        made = json.loads(ran.stdout)
        assert made["status"] == "starting"
        assert server.wait(made["id"])["status"] == "succeeded"


@pytest.mark.parametrize("server", ["with a token"], indirect=True)
@pytest.mark.parametrize(("language", "code"), SAMPLES)
def test_a_wrong_token_is_refused_to_a_sample(server, tmp_path, language, code):
    command, more = RUNNERS[language](code.replace(ADDRESS, server.url), tmp_path)
    environment = {**os.environ, **more, "DREAMREEL_TOKEN": "r8_wrong"}
    ran = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert "You did not pass a valid authentication token" in ran.stdout + ran.stderr
