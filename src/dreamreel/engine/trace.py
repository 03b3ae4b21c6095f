"""What ran when, as Chrome's trace format: open the file in chrome://tracing or ui.perfetto.dev."""

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Trace:
    """Spans of work by thread. For any number of threads at once."""

    def __init__(self) -> None:
        self.spans: list[dict[str, object]] = []
        self._began = time.perf_counter()

    @contextmanager
    def span(self, name: str, **facts: object) -> Iterator[None]:
        """Notes what the block does. facts: anything JSON can hold, shown beside it."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.spans.append(
                {
                    "name": name,
                    "ph": "X",
                    "ts": 1e6 * (started - self._began),
                    "dur": 1e6 * (time.perf_counter() - started),
                    "pid": os.getpid(),
                    "tid": threading.get_native_id(),
                    "args": facts,
                }
            )

    def write(self, path: Path) -> None:
        """Writes the spans so far, with the threads' names."""
        names = [
            {"name": "thread_name", "ph": "M", "pid": os.getpid(), "tid": each.native_id, "args": {"name": each.name}}
            for each in threading.enumerate()
        ]
        path.write_text(json.dumps({"traceEvents": names + self.spans, "displayTimeUnit": "ms"}), "utf-8")
