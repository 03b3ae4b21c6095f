"""Where an error that nobody foresaw ends, so that what runs for as long as its process does goes on."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def carrying_on(log: logging.Logger, message: str, *arguments: object, **fields: str) -> Iterator[None]:
    """Around one round of such work: an error is logged with its traceback, and costs this round alone.

    message, arguments: of the log line, which says what happens next. fields: of logs.FIELDS.
    """
    try:
        yield
    except Exception:
        log.exception(message, *arguments, extra=fields)
