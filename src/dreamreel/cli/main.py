"""`dreamreel`: the command line."""

import gc
import os
import sys
import traceback
from typing import Annotated

import typer

from dreamreel.cli.commands import Commands
from dreamreel.cli.exits import FAILURE, INTERRUPTED, say

# Before torch is imported: threads that spin while they wait make small networks many times slower on a busy
# machine (measured: 3.9 s against 0.2 s a frame beside two other processes on two cores), and cost little else.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# OpenCV's own threads gain nothing on pictures of this size, and what comes after them waits until they sleep.
os.environ.setdefault("OPENCV_FOR_THREADS_NUM", "1")
# Objects made between two looks for garbage. Imports make them by the hundred thousand and all of them stay, so that
# Python's own 700 cost half a second of a start.
OBJECTS = 50_000

app = typer.Typer(
    name="dreamreel",
    cls=Commands,
    help="Deforum Stable Diffusion: prompts and keyframes in, a video out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"dreamreel {version('dreamreel')}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Deforum Stable Diffusion: prompts and keyframes in, a video out."""


def main() -> None:
    """Runs the command line; the one place where an error that nobody expected is caught."""
    gc.set_threshold(OBJECTS)
    try:
        app()
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - the boundary: a person reads what comes out of here
        if os.environ.get("DREAMREEL_DEBUG"):
            traceback.print_exc()
        say(f"error: {type(error).__name__}: {error} (this is a bug; DREAMREEL_DEBUG=1 shows where)")
        sys.exit(FAILURE)
    finally:
        # Python looks at every object once more as it ends: for those of PyTorch that is most of a second.
        gc.freeze()
