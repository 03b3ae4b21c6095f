"""How long one waits at first: `./run bench start [--repeat N] [--json]`.

A process of its own each time, medians of N after one that is not counted (it fills the disk's cache, and leaves
modules compiled, which PYTHONDONTWRITEBYTECODE would forbid): `--help`, `check`, a film of one frame with the built-in
model, and a worker until it takes predictions, without a fork server. `import torch` stands beside them: no drawing can
begin before that. Seconds by the clock, and of the processor, which others' work disturbs less.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

COMMAND = (sys.executable, "-m", "dreamreel")
PROMPT = ("-p", "a fox in the snow")


@dataclass(frozen=True)
class Wait:
    """What is waited for. until_line: to its first line on stdout, not its end. aim: seconds on two quiet cores."""

    name: str
    command: tuple[str, ...]
    aim: float | None = None
    until_line: bool = False


@dataclass(frozen=True)
class Took:
    """Medians, in seconds."""

    clock: float
    processor: float
    aim: float | None


def waits(folder: Path) -> list[Wait]:
    """Everything that is measured; folder: for what the commands write."""
    film, data = str(folder / "film.mp4"), str(folder / "data")
    return [
        Wait("dreamreel --help", (*COMMAND, "--help"), 0.5),
        Wait("dreamreel check -n 60", (*COMMAND, "check", "-n", "60", *PROMPT), 0.5),
        Wait("import torch", (sys.executable, "-c", "import torch")),
        Wait("dreamreel render -n 1", (*COMMAND, "render", "-n", "1", "--plain", *PROMPT, "-o", film), 3.5),
        Wait("dreamreel worker, ready", (*COMMAND, "worker", "--hints", "--data", data), 4.0, until_line=True),
    ]


def measure(wait: Wait) -> tuple[float, float]:
    """(seconds by the clock, of the processor) of one process. Raises RuntimeError if it fails."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            wait.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, env=_environment()
        )
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline() if wait.until_line else process.stdout.read()
        clock = time.perf_counter() - begun
        process.stdin.close()  # a worker ends with it
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        if process.returncode:
            said.seek(0)
            raise RuntimeError(f"{' '.join(wait.command)} failed: {said.read().decode(errors='replace')[-500:]}")
    return clock, usage.ru_utime + usage.ru_stime


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def medians(wait: Wait, repeat: int) -> Took:
    """Of repeat processes after one that is not counted."""
    times = [measure(wait) for _ in range(repeat + 1)][1:]
    return Took(median(clock for clock, _ in times), median(processor for _, processor in times), wait.aim)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5, help="processes of each kind (default 5)")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args(arguments)
    if options.repeat < 1:
        parser.error("--repeat: must be 1 or more")
    with tempfile.TemporaryDirectory() as folder:
        took = {wait.name: medians(wait, options.repeat) for wait in waits(Path(folder))}
    if options.json:
        print(json.dumps({name: asdict(each) for name, each in took.items()}))
        return
    print(f"{'':24}  clock  processor    aim")
    for name, each in took.items():
        aim = f"{each.aim:.1f} s" if each.aim is not None else ""
        print(f"{name:24} {each.clock:5.2f} s    {each.processor:5.2f} s  {aim:>5}")


if __name__ == "__main__":
    main()
