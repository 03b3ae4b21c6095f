"""Bytes of a file that somebody has -> its text, and the JSON in it: bounded, and with advice on what is not JSON."""

import codecs
import json
import re
import sys

from dreamreel.documents import Json, JsonObject, parsed, texts_in
from dreamreel.errors import InputError
from dreamreel.schedule.characters import odd_marks
from dreamreel.schedule.notes import quote

MOST_BYTES = 8 * 1024 * 1024
# Signs between values. A Parseq manifest of 10,000 frames with 60 fields has about 1.2 million.
MOST_SIGNS = 1_500_000
_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")
# Editors on Windows write these first. That of UTF-32 begins like that of UTF-16.
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def marked_encoding(content: bytes) -> str | None:
    """The encoding that content says it has by its first bytes."""
    return next((name for mark, name in _MARKS.items() if content.startswith(mark)), None)


def decode(content: bytes) -> tuple[str, str]:
    """Text of any encoding that such files have, and the name of it: one that nothing proves is the last guess."""
    if (marked := marked_encoding(content)) is not None:
        return content.decode(marked, "replace"), marked
    for name in _unmarked(content):
        try:
            return content.decode(name), name
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1"), "latin-1"


def _unmarked(content: bytes) -> tuple[str, ...]:
    """What to try in turn. JSON begins with a plain character: zeros about it show how wide characters are."""
    if content[1:2] == b"\0":
        return ("utf-32-le", "utf-16-le") if content[2:4] == b"\0\0" else ("utf-16-le",)
    if content[:1] == b"\0":
        return ("utf-32-be", "utf-16-be") if content[1:2] == b"\0" else ("utf-16-be",)
    return ("utf-8", "cp1252")


def load(text: str, field: str, shown: str, twice: list[str] | None = None) -> Json:
    """The JSON in text. field, shown: named by errors. twice: takes names that one object has twice, of which the last
    counts; without it they are refused.

    Raises InputError that says where it ends to be JSON, and what to write there.
    """
    if not text.strip():
        raise InputError(field, f"{shown} is not JSON: it is empty; it must hold a JSON object of inputs")
    if sum(map(text.count, ",:[{")) > MOST_SIGNS:
        raise InputError(field, f"{shown} holds more than {MOST_SIGNS // 2} values")
    try:
        decoder = json.JSONDecoder(
            object_pairs_hook=lambda pairs: _object(pairs, shown, field, twice), parse_int=_integer
        )
        document = parsed(text, decoder)
        if _HALF_PAIR.search(text):
            for each in texts_in(document):
                each.encode()
        return document
    except UnicodeEncodeError:
        raise InputError(field, f"{shown} holds half a surrogate pair, such as \\ud83d alone; remove it") from None
    except json.JSONDecodeError as error:
        message = error.msg.removesuffix(" at").rstrip(": ")
        where = f"{message} at line {error.lineno} column {error.colno}"
        raise InputError(field, f"{shown} is not JSON: {where}{_advice(text, error.pos)}") from None
    except (RecursionError, ValueError):
        raise InputError(field, f"{shown} is not JSON that can be read: too deep, or a number too long") from None


def _integer(text: str) -> int:
    """Raises ValueError for a number past every other: no float can hold it, and no input takes it."""
    if len(text) > sys.float_info.max_10_exp:
        raise ValueError("too long")
    return int(text)


def _object(pairs: list[tuple[str, Json]], shown: str, field: str, twice: list[str] | None) -> JsonObject:
    content = dict(pairs)
    if len(content) < len(pairs):
        seen: set[str] = set()
        again = [name for name, _ in pairs if name in seen or seen.add(name)]  # type: ignore[func-returns-value]
        if twice is None:
            raise InputError(field, f"{shown} has {quote(again[0])} twice in one object; keep one of them")
        twice += again
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
    if rest.startswith('"') and before and before[-1] not in "{[,:":
        return "; write a comma before it"
    return ""
