"""Where nothing can be written is said in a sentence, before the first frame is drawn.

/sys and /proc let nobody make files, root included, whom a folder's mode does not hold back.
"""

import errno
import os
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dreamreel.cli.main import app

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/sys and /proc are Linux's")
FOLDERS = ["/sys", "/proc"]
REASONS = [os.strerror(number) for number in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT)]


def run(*arguments):
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "400", "TERM": "dumb"})


def says_why(text, folder):
    """Whether text is one sentence that names a file in folder and the system's reason."""
    return text.startswith("error: ") and folder in text and any(reason in text for reason in REASONS)


@pytest.fixture(autouse=True)
def _unchanged():
    """A file left there would make the next run's answers others."""
    before = [set(Path(folder).glob("film*")) for folder in FOLDERS]
    yield
    assert [set(Path(folder).glob("film*")) for folder in FOLDERS] == before


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("name", ["film.mp4", "film.gif", "film.webm"])
def test_a_film_that_cannot_be_written_is_refused_before_it_is_drawn(folder, name):
    ran = run("render", "-p", "a", "-n", "2", "--model", "tiny-sd", "-o", f"{folder}/{name}")
    assert ran.exit_code == 1
    assert says_why(ran.stderr.splitlines()[-1], f"{folder}/"), ran.stderr
    assert "Rendering" not in ran.stderr


@pytest.mark.parametrize("folder", FOLDERS)
def test_frames_that_cannot_be_written_are_refused_before_the_film_is_drawn(folder, tmp_path):
    out = tmp_path / "film.mp4"
    ran = run("render", "-p", "a", "-n", "2", "--model", "tiny-sd", "-o", str(out), "--frames", f"{folder}/film-frames")
    assert ran.exit_code == 1
    assert says_why(ran.stderr.splitlines()[-1], f"{folder}/"), ran.stderr
    assert "Rendering" not in ran.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("command", [["migrate"], ["serve", "--port", "0", "--model", "tiny-sd"], ["token", "create"]])
def test_a_data_folder_that_cannot_be_made_is_refused(folder, command):
    ran = run(*command, "--data", f"{folder}/film-data")
    assert ran.exit_code == 2
    assert says_why(ran.stderr.splitlines()[-1], f"{folder}/film-data"), ran.stderr
    assert ran.stdout == ""
