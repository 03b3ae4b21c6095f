"""JSON documents as types: what is parsed, kept and answered without being read."""

import json
from collections.abc import Iterator
from json.scanner import py_make_scanner  # type: ignore[attr-defined]
from typing import TypeAlias

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
JsonObject: TypeAlias = dict[str, Json]


# Characters that are parsed before other threads may run.
PIECE = 512 * 1024


def parsed(text: str, decoder: json.JSONDecoder) -> Json:
    """The JSON in text; a long one by decoder's loop in Python, which lets other threads run between two values.

    Raises ValueError, and RecursionError.
    """
    if len(text) > PIECE:
        decoder.scan_once = py_make_scanner(decoder)  # type: ignore[attr-defined]
    document: Json = decoder.decode(text)
    return document


def texts_in(document: Json) -> Iterator[str]:
    """Every text in it, names of members included."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        yield from document
        for value in document.values():
            yield from texts_in(value)
    elif isinstance(document, list):
        for value in document:
            yield from texts_in(value)
