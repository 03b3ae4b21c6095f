"""Texts and JSON that people wrote, from a file or from stdin."""

import codecs
import json
import re
import sys
from pathlib import Path

from dreamreel.documents import Json, JsonObject
from dreamreel.errors import InputError
from dreamreel.schedule.characters import odd_marks
from dreamreel.schedule.notes import quote

STDIN = Path("-")
# Of a file: far more than the texts of one request may hold together.
_MOST_BYTES = 16 * 1024 * 1024
# Editors on Windows write these first.
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def read_text(path: Path, option: str) -> str:
    """The text in the file at path, or on stdin for `-`. option: that named it. Raises InputError."""
    shown = "stdin" if path == STDIN else str(path)
    try:
        if path == STDIN:
            content = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with path.open("rb") as file:
                content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InputError(option, f"{shown} cannot be read: {error.strerror}") from None
    if len(content) > _MOST_BYTES:
        raise InputError(option, f"{shown} has more than {_MOST_BYTES >> 20} MiB")
    try:
        return content.decode(next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8"))
    except UnicodeDecodeError:
        raise InputError(option, f"{shown} is not UTF-8 text") from None


def read_json(path: Path, option: str) -> Json:
    """The JSON in the file at path, or on stdin for `-`. Raises InputError that says what to write instead."""
    text, shown = read_text(path, option), "stdin" if path == STDIN else str(path)
    if not text.strip():
        raise InputError(option, f"{shown} is not JSON: it is empty; it must hold a JSON object of inputs")
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _object(pairs, shown, option))
    except json.JSONDecodeError as error:
        message = error.msg.removesuffix(" at").rstrip(": ")
        where = f"{message} at line {error.lineno} column {error.colno}"
        raise InputError(option, f"{shown} is not JSON: {where}{_advice(text, error.pos)}") from None
    except (RecursionError, ValueError):
        raise InputError(option, f"{shown} is not JSON that can be read: too deep, or a number too long") from None


def _object(pairs: list[tuple[str, Json]], shown: str, option: str) -> JsonObject:
    content = dict(pairs)
    if len(content) < len(pairs):
        twice = next(name for name in content if sum(name == each for each, _ in pairs) > 1)
        raise InputError(option, f"{shown} has {quote(twice)} twice in one object; keep one of them")
    return content


def _advice(text: str, place: int) -> str:
    """What to write at the place that JSON's parser stopped at; empty where nothing is known."""
    rest, before = text[place : place + 40], text[:place].rstrip()
    if (breaks := {"\n": r"\n", "\r": r"\n", "\t": r"\t"}.get(rest[:1])) and '"' in text[:place]:
        return f"; inside quotes, write {breaks} for it"
    if rest.startswith("\\"):
        return '; write "\\\\" for a backslash'
    if rest[:1] in ("}", "]") and before.endswith(","):
        return f'; remove the comma before "{rest[0]}"'
    if rest.startswith(("#", "//", "/*")):
        return "; JSON has no comments, remove it"
    if rest.startswith("'"):
        return "; write \" for '"
    if name := re.match(r"(True|False|None)\b", rest):
        return f"; write {({'True': 'true', 'False': 'false', 'None': 'null'})[name[1]]}"
    if odd := next((sentence for at, sentence in odd_marks(rest[:1])), ""):
        return f": {odd}"
    if re.match(r"[A-Za-z_0-9]+\s*:", rest):
        return "; names stand in quotes"
    return ""
