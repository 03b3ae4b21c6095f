"""The wheel, installed into an environment of its own, outside the clone: nothing that it needs stays behind.

Other people's packages are those of the environment that runs the tests (two gigabytes of them); dreamreel is the
wheel's, and the clone is out of sight.
"""

import json
import os
import re
import shutil
import site
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import httpx2
import pytest
from tests.e2e.server import VERSION, wait_for

ROOT = Path(__file__).parents[2]
PATIENCE_S = 600
pytestmark = pytest.mark.timeout(2 * PATIENCE_S)
DREAMREEL = "dreamreel/"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", str(ROOT), "--no-deps", "--quiet", "--wheel-dir", str(folder)]
    built = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S)
    if built.returncode:
        reason = (built.stderr.strip() or "pip says nothing").splitlines()[-1]
        if "hatchling" in built.stderr and "find" in built.stderr:  # the tool that builds wheels, from the network
            pytest.skip(f"pip cannot fetch what builds a wheel: {reason}")
        pytest.fail(built.stderr)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def programs(wheel, tmp_path_factory):
    """The folder of programs of an environment that has the wheel."""
    folder = tmp_path_factory.mktemp("environment") / "fresh"
    venv.create(folder, symlinks=True)
    bin_folder = folder / "bin"
    install = ["install", "--no-deps", "--no-index", "--quiet", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", f"--python={bin_folder}/python", *install], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    # A folder that a .pth file names is searched; .pth files in it, such as those of a clone, are not read.
    (packages / "others.pth").write_text("".join(f"{path}\n" for path in site.getsitepackages()))
    return bin_folder


@pytest.fixture
def run(programs, tmp_path):
    """Runs a program there, from an empty folder, and returns what it printed."""

    def run(name, *arguments):
        ran = subprocess.run(
            [programs / name, *arguments], **outside(tmp_path), capture_output=True, text=True, timeout=PATIENCE_S
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    return run


def outside(folder):
    """How to run something that knows nothing of this clone."""
    hidden = ("DREAMREEL_", "PYTHON", "VIRTUAL_ENV")
    return {"cwd": folder, "env": {name: value for name, value in os.environ.items() if not name.startswith(hidden)}}


@pytest.fixture(scope="module")
def model(programs, tmp_path_factory):
    """The tiny model of the wheel, made for small pictures in few steps."""
    (shipped,) = programs.parent.glob("lib/python*/site-packages/dreamreel/data/tiny-sd")
    folder = shutil.copytree(shipped, tmp_path_factory.mktemp("models") / "tiny")
    facts = json.loads((folder / "dreamreel.json").read_text())
    (folder / "dreamreel.json").write_text(json.dumps({**facts, "size": [32, 32], "steps": 2}))
    return str(folder)


def test_it_holds_all_that_lies_in_the_package_and_the_licences(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    source = ROOT / "src"
    files = {
        path.relative_to(source).as_posix()
        for path in (source / "dreamreel").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files - held == set()
    assert {f"{DREAMREEL}py.typed", f"{DREAMREEL}studio/index.html"} <= held
    licences = {Path(name).name for name in held if ".dist-info/licenses/" in name}
    assert licences == {"LICENSE", "NOTICE"}
    others = {name for name in held - files if ".dist-info/" not in name}
    assert others == set(), "what is no part of the package"


def test_the_package_there_is_the_wheels_and_the_clone_is_not_in_sight(run, programs):
    code = "import dreamreel, sys; print(dreamreel.__file__, *sys.path, sep='\\n')"
    file, *path = run("python", "-c", code).splitlines()
    assert Path(file).is_relative_to(programs.parent)
    assert not [each for each in path if each.startswith(str(ROOT / "src"))]


def test_the_demo_draws_a_film(run, model, tmp_path):
    assert run("dreamreel", "demo", "--model", model, "--plain", "-o", "film.mp4").startswith("film.mp4")
    assert (tmp_path / "film.mp4").read_bytes()[4:8] == b"ftyp"


def test_the_model_that_is_shipped_draws(run, tmp_path):
    run("dreamreel", "render", "-p", "a fox in the snow", "-n", "1", "--steps", "2", "-o", "one.mp4")
    assert (tmp_path / "one.mp4").read_bytes()[4:8] == b"ftyp"


def test_the_server_answers_a_request_and_shows_its_page(programs, model, tmp_path):
    command = [programs / "dreamreel", "serve", "--port", "0", "--model", model]
    log = tmp_path / "serve.log"
    with log.open("wb") as file, subprocess.Popen(command, **outside(tmp_path), stdout=file, stderr=file) as server:
        try:

            def address():
                assert server.poll() is None, log.read_text()
                return re.search(r"on (http://\S+)", log.read_text())

            with httpx2.Client(base_url=wait_for(address, "the server's address")[1], timeout=60) as client:
                page = client.get("/", headers={"Accept": "text/html"}).text
                scripts = re.findall(r'(?:src|href)="(/studio/[^"]+)"', page)
                assert scripts
                assert {client.get(script).status_code for script in scripts} == {200}
                body = {"version": VERSION, "input": {"animation_prompts": "a red circle", "sampler": "euler"}}
                made = client.post("/v1/predictions", json=body).json()["urls"]["get"]
                wait_for(lambda: client.get(made).json()["completed_at"], f"the end\n{log.read_text()}")
                ended = client.get(made).json()
                assert ended["status"] == "succeeded"
                assert client.get(ended["output"]).content[4:8] == b"ftyp"
        finally:
            server.terminate()
