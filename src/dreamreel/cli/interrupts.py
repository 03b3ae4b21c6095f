"""Ctrl+C and SIGTERM while drawing: stop between two network calls, never inside a file."""

import signal
from types import FrameType, TracebackType
from typing import Any


class Interrupts:
    """Context in which the first SIGINT or SIGTERM is only noted, and a second one is obeyed at once."""

    def __init__(self) -> None:
        self.signal: int | None = None
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> "Interrupts":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """To be called where stopping is safe. Raises KeyboardInterrupt if a signal came."""
        if self.signal is not None:
            raise KeyboardInterrupt

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if self.signal is not None:
            raise KeyboardInterrupt
        self.signal = number
