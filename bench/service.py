"""A real server for benchmarks: started on a free port with the tiny model, stopped at the end."""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2

VERSION = "deforum/deforum_stable_diffusion"


@dataclass(frozen=True)
class Server:
    """url: of the server. pid: of the process that answers requests (its workers have their own). data: its folder."""

    url: str
    pid: int
    data: Path = Path()

    def memory_mb(self) -> float:
        """Resident memory of the API process."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def cpu_seconds(self) -> float:
        """Processor time that the API process has used."""
        return _cpu_seconds(self.pid)

    def worker_cpu_seconds(self) -> float:
        """Processor time that the workers have used."""
        children = [path.read_text().split() for path in Path(f"/proc/{self.pid}/task").glob("*/children")]
        return sum(_cpu_seconds(int(pid)) for pids in children for pid in pids)


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def serving(*options: str, steps: int = 4, model: str = "tiny-sd", draws: bool = True) -> Iterator[Server]:
    """A server that is ready to draw; or that has no workers, so that nothing but requests costs anything."""
    with tempfile.TemporaryDirectory() as data, (Path(data) / "log").open("w+") as log:
        command = [sys.executable, "-m", "dreamreel", "serve", "--port", "0", "--data", data, "--model", model]
        command += ["--steps", str(steps), *([] if draws else ["--executor", "none"]), *options]
        process = subprocess.Popen(command, stderr=log)
        try:
            url = _wait_until_ready(process, Path(data) / "log", "ready" if draws else "live")
            yield Server(url, process.pid, Path(data))
        finally:
            process.terminate()
            process.wait(30)


def _wait_until_ready(process: subprocess.Popen, log: Path, state: str) -> str:
    while process.poll() is None:
        found = re.search(r"on (http://\S+)", log.read_text())
        if found:
            with contextlib.suppress(httpx2.TransportError):
                if httpx2.get(f"{found[1]}/health/{state}").status_code == 200:
                    return found[1]
        time.sleep(0.1)
    raise SystemExit(f"the server ended: {log.read_text()}")
