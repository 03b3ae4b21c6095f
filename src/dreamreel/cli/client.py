"""Talking to a server from the command line."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2

from dreamreel.errors import DreamreelError, InputError

PATIENCE_S = 60.0


class ServerError(DreamreelError):
    """The server cannot be reached, or answered that it cannot do what was asked."""


@dataclass(frozen=True)
class StreamEvent:
    """One event of a prediction's stream: its name and its data."""

    name: str
    data: dict[str, Any]


class Client:
    """A server's API, as far as the commands need it. Raises ServerError, and InputError for a refused input."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/").removesuffix("/v1")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx2.Client(base_url=f"{self._url}/v1", headers=headers, timeout=httpx2.Timeout(30, read=90))

    def create(self, version: str, raw: dict[str, Any]) -> dict[str, Any]:
        """Posts a prediction."""
        return self._json("POST", "/predictions", json={"version": version, "input": raw})

    def get(self, prediction_id: str) -> dict[str, Any]:
        """A prediction as it is now."""
        return self._json("GET", f"/predictions/{_quoted(prediction_id)}")

    def cancel(self, prediction_id: str) -> dict[str, Any]:
        """Cancels a prediction."""
        return self._json("POST", f"/predictions/{_quoted(prediction_id)}/cancel")

    def list(self, limit: int, **narrowed: object) -> Sequence[dict[str, Any]]:
        """The newest predictions, narrowed by the list's query parameters."""
        return self._json("GET", "/predictions", params={"limit": limit, **narrowed})["results"]

    def label(self, prediction_id: str, labels: dict[str, Any]) -> dict[str, Any]:
        """Changes a prediction's `name`, `starred` and `tags`, those that labels holds."""
        return self._json("PATCH", f"/predictions/{_quoted(prediction_id)}", json=labels)

    def delete(self, prediction_id: str) -> None:
        """Deletes a prediction that has ended."""
        self._json("DELETE", f"/predictions/{_quoted(prediction_id)}")

    def end(self, prediction_id: str) -> dict[str, Any]:
        """Cancels a prediction and returns it once it has ended, which takes what its worker has in hand."""
        prediction = self.cancel(prediction_id)
        if prediction["completed_at"] is not None:
            return prediction
        return next(event.data for event in self.follow(prediction) if event.name == "done")

    def follow(self, prediction: dict[str, Any]) -> Iterator[StreamEvent]:
        """The prediction's events from the start to the end.

        Goes on where the connection breaks; a server that is being started again has PATIENCE_S for it.
        """
        last, broken_since = "", 0.0
        while True:
            try:
                for event_id, event in self._stream(prediction["urls"]["events"], last):
                    last, broken_since = event_id or last, 0.0
                    yield event
                    if event.name == "done":
                        return
            except (httpx2.HTTPStatusError, httpx2.TransportError) as error:
                broken_since = broken_since or time.monotonic()
                is_over = time.monotonic() - broken_since > PATIENCE_S
                if isinstance(error, httpx2.HTTPStatusError):
                    # A proxy says so of a server that is being started again, and a server of its database.
                    if is_over or error.response.status_code < 500:
                        raise ServerError(f"{self._url} answered {error.response.status_code}") from None
                elif is_over:
                    raise ServerError(f"{self._url} cannot be reached: {error}") from None
            time.sleep(0.5)

    def _stream(self, url: str, last: str) -> "Iterator[tuple[str, StreamEvent]]":
        """(id, event) of the events behind the one with the id `last`."""
        headers = {"Last-Event-ID": last} if last else {}
        with self._http.stream("GET", self._local(url), headers=headers) as answer:
            answer.raise_for_status()
            yield from _events(answer.iter_lines())

    def download(self, url: str, path: Path) -> None:
        """Saves what lies at url; nothing half-written is left under the name."""
        part = path.with_name(path.name + ".part")
        try:
            with self._http.stream("GET", self._local(url)) as answer:
                answer.raise_for_status()
                with part.open("wb") as file:
                    for chunk in answer.iter_bytes():
                        file.write(chunk)
            part.replace(path)
        except (httpx2.HTTPError, OSError) as error:
            part.unlink(missing_ok=True)
            raise ServerError(f"{path} could not be saved: {error}") from None

    def _local(self, url: str) -> str:
        """url on the host that this client reaches, whatever the server calls itself."""
        return self._url + url[url.index("/v1/") :]

    def _json(self, method: str, path: str, **options: Any) -> Any:
        try:
            answer = self._http.request(method, path, **options)
        except httpx2.HTTPError as error:
            raise ServerError(f"{self._url} cannot be reached: {error}") from None
        if answer.status_code == 422 and (first := _first_problem(answer)):
            raise InputError(first["field"].removeprefix("input.") or "request", first["description"])
        if answer.status_code >= 400:
            raise ServerError(f"{self._url} answered {answer.status_code}: {_detail(answer)}")
        return answer.json() if answer.content else None


def _quoted(prediction_id: str) -> str:
    """An id as one step of a path, whatever was typed."""
    return quote(prediction_id, safe="") or "%20"


def _first_problem(answer: httpx2.Response) -> dict[str, str] | None:
    """What our server says is wrong with the request; None for an answer of something between, such as a proxy."""
    try:
        problem = answer.json()
        fields: list[dict[str, str]] = problem.get("invalid_fields") or []
        return fields[0] if fields else {"field": "input", "description": problem["detail"]}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _detail(answer: httpx2.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:200]


def _events(lines: Iterator[str]) -> Iterator[tuple[str, StreamEvent]]:
    """(id, event) of each event in the lines of a stream."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = f"{fields[name]}\n{value}" if name in fields else value
        elif "data" in fields:
            yield fields.get("id", ""), StreamEvent(fields.get("event", ""), json.loads(fields["data"]))
            fields = {}
        else:
            fields = {}
