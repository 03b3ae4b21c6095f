"""Reading server-sent events as the specification has it, for tests."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.e2e.server import HTTP


@dataclass(frozen=True)
class Received:
    """One event. text: its data as it came."""

    name: str
    id: str
    text: str

    @property
    def data(self) -> Any:
        """The data, if it is JSON."""
        return json.loads(self.text)


def read_stream(url: str, last_event_id: str | None = None) -> Iterator[Received]:
    """The events at url, without a token, as they come, until the server ends the stream."""
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id.encode("latin-1")}
    with HTTP.stream("GET", url, headers=headers) as answer:
        assert answer.status_code == 200, answer.read()
        rest = ""
        for piece in answer.iter_text():
            *blocks, rest = (rest + piece).split("\n\n")
            yield from (event for block in blocks if (event := _event(block)) is not None)


def _event(block: str) -> Received | None:
    fields: dict[str, list[str]] = {}
    for line in block.split("\n"):
        name, _, value = line.partition(": ")
        fields.setdefault(name, []).append(value)
    if "data" not in fields:
        return None
    return Received(fields.get("event", [""])[-1], fields.get("id", [""])[-1], "\n".join(fields["data"]))
