"""`dreamreel demo`: the first thing a new user runs. Everything goes through the service, as in real use."""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from dreamreel.animation.views import SEED
from dreamreel.cli.exits import exit_codes, say
from dreamreel.cli.predict import save, watch
from dreamreel.cli.remote import connect
from dreamreel.errors import DreamreelError
from dreamreel.models import catalog
from dreamreel.schedule.prompts import parse_prompts
from dreamreel.video.writer import check_output

app = typer.Typer(add_completion=False)

MOTION = {"zoom": "0: (1.03)", "angle": "0: (0), 50: (1), 99: (-1)"}
LONGEST = 1_000_000
STOP_S = 15


@app.command()
def demo(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The video.")] = Path("out.mp4"),
    model: Annotated[str, typer.Option(metavar="NAME|PATH", help="The model to show.")] = "builtin",
    max_frames: Annotated[int, typer.Option("--max-frames", "-n", help="Number of frames, 100 to 1000.")] = 100,
    seed: Annotated[int | None, typer.Option(help="Seed; random if left out.")] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Log lines instead of a progress bar.")] = False,
) -> None:
    """Start the service, post the model's own example, save its video, and stop the service.

    Prints the path of the video, its seed and its pace.
    """
    with exit_codes():
        check_output(output)
        prompts = _spread(catalog.check(catalog.locate(model)).prompt, max_frames)
        raw: dict[str, Any] = {"animation_prompts": prompts, "max_frames": max_frames, "sampler": "euler", **MOTION}
        raw |= {} if seed is None else {"seed": seed}
        with _service(model) as url:
            client = connect(url, "")
            say(f"Drawing: {prompts}")
            prediction = client.create(SEED.name, raw)
            ended = watch(client.follow(prediction), plain)
            save(client, ended, output)
            found = re.search(r"^Using seed: (\d+)$", ended["logs"], re.MULTILINE)
            say(f"seed {found[1] if found else 'unknown'}; more: `dreamreel render -h`, `dreamreel serve -h`")


def _spread(prompts: str, num_frames: int) -> str:
    """The same prompts, each shown for an equal share of num_frames."""
    texts = list(parse_prompts(prompts, LONGEST, "default_prompt")[0].values())[: max(num_frames, 1)]
    if len(texts) == 1:
        return texts[0]
    return " | ".join(f"{idx * num_frames // len(texts)}: {text}" for idx, text in enumerate(texts))


@contextlib.contextmanager
def _service(model: str) -> Iterator[str]:
    """A service of its own, on a free port and a temporary folder; yields its address."""
    with tempfile.TemporaryDirectory() as data, (Path(data) / "serve.log").open("w+") as log:
        command = [sys.executable, "-m", "dreamreel", "serve", "--port", "0", "--data", data, "--model", model]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DREAMREEL_")}
        kept = {name: os.environ[name] for name in ("DREAMREEL_MODELS",) if name in os.environ}
        process = subprocess.Popen(command, stderr=log, env={**environment, **kept}, start_new_session=True)
        try:
            yield _address(process, log)
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _address(process: "subprocess.Popen[bytes]", log: IO[str]) -> str:
    """What the service says that it listens on. Raises DreamreelError if it ends instead."""
    while True:
        log.seek(0)
        text = log.read()
        if found := re.search(r"on (http://\S+)", text):
            return found[1]
        if process.poll() is not None:
            raise DreamreelError(f"the service did not start: {text.strip()[-500:]}")
        time.sleep(0.05)
