"""Errors -> one sentence on stderr and an exit code: 2 for bad input, 1 for a failure, 130 for Ctrl+C."""

import contextlib
import sys
from collections.abc import Iterator

import typer

from dreamreel.cli.table import visible_lines
from dreamreel.errors import DreamreelError, InputError, ModelError

BAD_INPUT, FAILURE, INTERRUPTED = 2, 1, 130
OTHERWISE_COMPUTED = 3  # of `verify`: frames differ, but only as networks do from machine to machine


def say(text: str) -> None:
    """Chatter: a line on stderr. Answers go to stdout. What others wrote is in it, such as a server's sentences."""
    print(visible_lines(text), file=sys.stderr, flush=True)


@contextlib.contextmanager
def exit_codes() -> Iterator[None]:
    """Turns our own errors and Ctrl+C into exits."""
    try:
        yield
    except (InputError, ModelError) as error:
        say(f"error: {error}")
        raise typer.Exit(BAD_INPUT) from None
    except DreamreelError as error:
        say(f"error: {error}")
        raise typer.Exit(FAILURE) from None
    except KeyboardInterrupt:
        say("interrupted")
        raise typer.Exit(INTERRUPTED) from None
