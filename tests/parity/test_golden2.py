"""The second wave of golden data: every case of golden2/, as `python -m tests.parity.run` runs them."""

from pathlib import Path

import pytest
from tests.parity.run import known_files

FOLDER = Path(__file__).parent / "golden2"
CASES = [(name, case) for name, (path, kind) in known_files(FOLDER).items() for case in kind(path)]


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[f"{name}-{case}" for name, case in CASES])
def test_what_the_family_made_is_made_here(case):
    case.check()


def test_every_file_that_lies_here_is_known_and_holds_cases():
    # Arrays beside a file of the same name belong to it.
    held = [
        path
        for path in FOLDER.rglob("*")
        if path.suffix == ".json" or (path.suffix == ".npz" and not path.with_suffix(".json").exists())
    ]
    assert {path.relative_to(FOLDER).as_posix() for path in held} == {name for name, _ in CASES}
