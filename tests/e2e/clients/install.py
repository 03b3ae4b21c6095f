"""Fetches the official clients and the studio's type checker, each into a folder of its own.

`python -m tests.e2e.clients.install` fetches all; the tests fetch what is missing.
"""

import shutil
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).parents[3] / ".clients"
PYTHON = {"python1": "replicate==1.0.7", "python2": "replicate==2.0.0b4"}
NODE = {"node": "replicate@1.4.0", "typescript": "typescript@7.0.2"}
LIMIT_S = 300


def folder_of(client: str) -> Path:
    """Where a client is, fetched if it was not there. Raises OSError or CalledProcessError if it cannot be had."""
    folder = HOME / client
    if (folder / "complete").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if client in NODE:
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), NODE[client]]
    else:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command = [*pip, "--target", str(folder), PYTHON[client]]
    subprocess.run(command, check=True, timeout=LIMIT_S, capture_output=True, text=True)
    (folder / "complete").touch()
    return folder


if __name__ == "__main__":
    for name in (*PYTHON, *NODE):
        print(folder_of(name))
