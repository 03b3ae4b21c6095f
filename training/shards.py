"""`python -m training.shards split|join`: a run's files in parts of at most 16 MB, and back.

For machines that hand back only small files: split there at the end of a command, join before the next.
"""

import argparse
import hashlib
import json
from pathlib import Path

PART_BYTES = 15 * 2**20
INDEX = "shards.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("split", "join"))
    parser.add_argument("--run", type=Path, required=True, help="folder of the training")
    parser.add_argument("--shards", type=Path, required=True, help="folder of the parts")
    options = parser.parse_args()
    if options.action == "split":
        split(options.run, options.shards)
    else:
        join(options.shards, options.run)


def split(run: Path, shards: Path) -> None:
    """Parts of every file of run but its latents, which are made anew faster than they travel."""
    shards.mkdir(parents=True, exist_ok=True)
    index = {}
    for path in sorted(path for path in run.rglob("*") if path.is_file() and "latents" not in path.parts):
        content, name = path.read_bytes(), str(path.relative_to(run))
        parts = [content[start : start + PART_BYTES] for start in range(0, max(1, len(content)), PART_BYTES)]
        for i, part in enumerate(parts):
            (shards / f"{name.replace('/', '--')}.{i:03d}").write_bytes(part)
        index[name] = {"parts": len(parts), "sha256": hashlib.sha256(content).hexdigest()}
    (shards / INDEX).write_text(json.dumps(index, indent=1))


def join(shards: Path, run: Path) -> None:
    """The files again; stops with a sentence if a part is missing or altered."""
    for name, entry in json.loads((shards / INDEX).read_text()).items():
        parts = [shards / f"{name.replace('/', '--')}.{i:03d}" for i in range(entry["parts"])]
        if missing := [part.name for part in parts if not part.is_file()]:
            raise SystemExit(f"{shards}: {missing[0]} is missing")
        content = b"".join(part.read_bytes() for part in parts)
        if hashlib.sha256(content).hexdigest() != entry["sha256"]:
            raise SystemExit(f"{shards}: the parts of {name} are not the ones that {INDEX} names")
        path = run / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
