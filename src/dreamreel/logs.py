"""Logs of servers and workers: a line for people, or a JSON object for machines.

What a line is about stands in fields of its own (FIELDS), by which lines are picked out. They come from structlog's
context (`bound_contextvars`), which holds for a thread or a task, or from a line's own `extra`.
"""

import logging
import sys

import structlog
from structlog.typing import EventDict, Processor

# request: the id that an answer names in X-Request-ID.
FIELDS = ("prediction", "frame", "worker", "request", "upload", "method", "path", "status")


def set_up_logs(form: str, worker: str = "") -> None:
    """Sends every log record of the process to stderr as `text` or `json`, with those of FIELDS that it is about.

    worker: whose process this is; each of its lines says so, from whatever thread.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(form, worker))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("httpx2", "alembic", "uvicorn.access", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = True


def formatter(form: str, worker: str = "") -> logging.Formatter:
    """What makes a line of a record. form, worker: as of set_up_logs."""

    def add_worker(_logger: object, _method: str, line: EventDict) -> EventDict:
        if worker:
            line.setdefault("worker", worker)
        return line

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.ExtraAdder(allow=FIELDS),
        add_worker,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.format_exc_info,
    ]
    if form == "json":
        last: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        last = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    )
