"""What happened, as rows: streams and webhooks read them, nothing calls back."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """Kinds of events. Webhooks speak of start, output, logs and completed only."""

    START = "start"  # accepted; the data is empty
    OUTPUT = "output"  # {"output": file name}
    LOGS = "logs"  # {"text": new lines}
    COMPLETED = "completed"  # {"status": the terminal one}; always the last
    STATUS = "status"  # {"status": "processing"}
    ERROR = "error"  # {"detail": the sentence}, before COMPLETED
    FRAME = "frame"  # {"idx": n, "seconds": time it took, "evaluations": so far, "drift": from frame 0}


@dataclass(frozen=True)
class Event:
    """One row. seq: grows with every event of the store, so a reader can ask for what is newer."""

    seq: int
    prediction_id: str
    kind: Kind
    at: datetime
    data: dict[str, Any] = field(default_factory=dict)
