"""The second wave of golden data: every case of golden2/, as `python -m tests.parity.run` runs them."""

from pathlib import Path

import pytest
from tests.parity.run import known_files, run_file

FOLDER = Path(__file__).parent / "golden2"
FILES = known_files(FOLDER)


@pytest.mark.parametrize("name", FILES)
def test_what_the_family_made_is_made_here(name):
    passed, failed = run_file(name, *FILES[name])
    assert passed
    assert not failed, "the cases are named on stderr"


def test_every_file_that_lies_here_is_known():
    # Arrays beside a file of the same name belong to it.
    held = [
        path
        for path in FOLDER.rglob("*")
        if path.suffix == ".json" or (path.suffix == ".npz" and not path.with_suffix(".json").exists())
    ]
    assert {path.relative_to(FOLDER).as_posix() for path in held} == set(FILES)
