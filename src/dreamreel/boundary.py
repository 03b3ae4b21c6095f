"""Where an error that nobody foresaw ends, so that what runs for as long as its process does goes on.

These two and the command line (`cli/main.py`) are all places where every error is caught.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@contextmanager
def carrying_on(log: logging.Logger, message: str, *arguments: object, **fields: str) -> Iterator[None]:
    """Around one round of such work: an error is logged with its traceback, and costs this round alone.

    message, arguments: of the log line, which says what happens next. fields: of logs.FIELDS.
    """
    try:
        yield
    except Exception:
        log.exception(message, *arguments, extra=fields)


@dataclass
class Step:
    """A step of one prediction or one delivery. error: what it raised, once it is over."""

    error: Exception | None = None


@contextmanager
def contained() -> Iterator[Step]:
    """Around such a step: its error ends neither the others nor the process; what it means is said behind the block."""
    step = Step()
    try:
        yield step
    except Exception as error:  # noqa: BLE001 - what it means is for the caller to say
        step.error = error
