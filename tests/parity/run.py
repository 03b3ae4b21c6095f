"""Runs every golden case that is known under a folder: `python -m tests.parity.run DIR`.

A file is known by the end of its path (kinds/table.py). Prints `name: N passed, M failed` for each, what failed on
stderr, and a total; of files of cases that are not known, `name: not known` on stderr. Exits 1 if a case failed, a
known file holds no case, or no file is known.
"""

import argparse
import sys
from pathlib import Path

from tests.parity.case import Kind
from tests.parity.kinds.table import KINDS

MOST_SHOWN = 20


def known_files(folder: Path) -> dict[str, tuple[Path, Kind]]:
    """Name within folder -> (path, kind), of every file under it that is known."""
    found = {}
    for path in sorted(folder.resolve().rglob("*.*")):
        for name, kind in KINDS.items():
            if f"/{path.as_posix()}".endswith(f"/{name}"):
                found[path.relative_to(folder.resolve()).as_posix()] = (path, kind)
    return found


def run_file(name: str, path: Path, kind: Kind) -> tuple[int, int]:
    """(passed, failed) of the cases of one file."""
    passed, failed = 0, []
    for case in kind(path):
        try:
            case.check()
        except Exception as error:  # noqa: BLE001  whatever a case raises is its failure
            failed.append(f"{name}: {case}: {type(error).__name__}: {str(error).strip().splitlines()[:1]}")
        else:
            passed += 1
    print(f"{name}: {passed} passed, {len(failed)} failed", flush=True)
    for line in failed[:MOST_SHOWN]:
        print(f"  {line}", file=sys.stderr)
    if len(failed) > MOST_SHOWN:
        print(f"  and {len(failed) - MOST_SHOWN} more", file=sys.stderr)
    return passed, len(failed)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.parity.run", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR", help="where golden files lie, in folders of any depth")
    folder = parser.parse_args().folder
    files = known_files(folder)
    for path in sorted(folder.resolve().rglob("*.json")):
        if (name := path.relative_to(folder.resolve()).as_posix()) not in files:
            print(f"{name}: not known", file=sys.stderr)
    counts = [run_file(name, path, kind) for name, (path, kind) in files.items()]
    passed, failed = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0)
    print(f"total: {passed} passed, {failed} failed")
    if not files:
        print(f"{folder} holds no file that is known", file=sys.stderr)
    return int(failed > 0 or not files or any(one + other == 0 for one, other in counts))


if __name__ == "__main__":
    sys.exit(main())
