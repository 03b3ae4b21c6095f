"""Logs of servers and workers: a line for people, or a JSON object for machines.

What a line is about stands in fields of its own (FIELDS), by which lines are picked out. They come from structlog's
context (`bound_contextvars`), which holds for a thread or a task, or from a line's own `extra`.
"""

import json
import logging
import sys
from datetime import UTC, datetime

import structlog
from structlog.contextvars import get_contextvars
from structlog.typing import EventDict

# request: the id that an answer names in X-Request-ID.
FIELDS = ("prediction", "frame", "worker", "request", "upload", "method", "path", "status")


# A value that holds one of these stands in quotes, so that a line can be taken apart again.
_QUOTED = frozenset(" \t=\r\n\"'")


def set_up_logs(form: str, worker: str = "") -> None:
    """Sends every log record of the process to stderr as `text` or `json`, with those of FIELDS that it is about.

    worker: whose process this is; each of its lines says so, from whatever thread.
    """
    handler = logging.StreamHandler(sys.stderr)
    is_colored = form != "json" and sys.stderr.isatty()
    handler.setFormatter(for_terminals(worker) if is_colored else Lines(form, worker))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("httpx2", "alembic", "uvicorn.access", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = True


class Lines(logging.Formatter):
    """Lines as structlog writes them without colours, in half of the time: whatever is accepted has one.

    form, worker: as of set_up_logs.
    """

    def __init__(self, form: str, worker: str = "") -> None:
        super().__init__()
        self._is_json = form == "json"
        self._worker = {"worker": worker} if worker else {}

    def format(self, record: logging.LogRecord) -> str:
        said = vars(record)
        own = {name: said[name] for name in FIELDS if name in said}
        fields = {**self._worker, **get_contextvars(), **own}
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds")
        time, level = time.replace("+00:00", "Z"), record.levelname.lower()
        trace = self.formatException(record.exc_info) if record.exc_info and record.exc_info[0] else ""
        if self._is_json:
            line = {"event": record.getMessage(), **fields, "level": level, "logger": record.name, "timestamp": time}
            return json.dumps(line | ({"exception": trace} if trace else {}), ensure_ascii=False, default=repr)
        about = "".join(f" {name}={_shown(fields[name])}" for name in sorted(fields))
        return f"{time} [{level:<9}] {record.getMessage()} [{record.name}]{about}" + (f"\n{trace}" if trace else "")


def _shown(value: object) -> str:
    return value if isinstance(value, str) and _QUOTED.isdisjoint(value) else repr(value)


def for_terminals(worker: str = "", colors: bool = True) -> logging.Formatter:
    """structlog's own lines of the same form, with colours."""

    def add_worker(_logger: object, _method: str, line: EventDict) -> EventDict:
        if worker:
            line.setdefault("worker", worker)
        return line

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.ExtraAdder(allow=FIELDS),
            add_worker,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.format_exc_info,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=0),
        ],
    )
