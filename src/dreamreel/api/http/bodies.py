"""Reading a JSON body: bounded, whatever its content type says, and with an error that clients can parse.

What a body may hold is counted before it is parsed, so that none costs more than milliseconds: a parser written in C
lets no other thread run, the one that answers everybody else included.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from starlette.requests import Request

from dreamreel.api.context import context_of
from dreamreel.api.http.problems import Problem
from dreamreel.documents import PIECE, Json, parsed, texts_in
from dreamreel.schedule.bounds import MAX_CHARACTERS

T = TypeVar("T")
# Far more than any input needs, far less than what Python's encoder can write.
DEEPEST = 100
# Values, names of members included. The largest honest body has some dozens.
MOST_VALUES = 10_000
LONGEST_NUMBER = 400
# Bytes of one text as it is written: the longest that an input takes, each of its characters as `\\ud83d\\ude00`.
LONGEST_TEXT = 12 * MAX_CHARACTERS
# Bytes beside the texts, blanks included.
MOST_BESIDE = 2 * 1024 * 1024
# Bodies up to this size are cheap however they are made; larger ones are not read on the event loop.
SMALL = 8 * 1024
_ALL_BUT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


async def read_json(request: Request, limit_mb: int) -> Json:
    """The JSON in the request's body; None for an empty one. Raises Problem 400 and 413."""
    body = await read_body(request, limit_mb)
    request.state.is_large = len(body) > SMALL
    if request.state.is_large:
        return await work(request, parse_json, body)
    return parse_json(body) if body.strip() else None


async def work(request: Request, function: Callable[..., T], *args: object) -> T:
    """function(*args) in a thread: in any for a small body, in turn with the owner's others for a large one."""
    if request.state.is_large:
        return await context_of(request).lanes.run(getattr(request.state, "owner", ""), function, *args)
    return await context_of(request).brisk.run(function, *args)


def parse_json(body: bytes | str, deepest: int = DEEPEST, most: int = MOST_VALUES) -> Json:
    """JSON that can be kept and answered again: UTF-8, bounded in depth and values, whole characters only.

    Raises Problem 400, and 413 for more than most values and what else nobody would send.
    """
    try:
        text = body.decode("utf-8-sig") if isinstance(body, bytes) else body
        check_size(body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass"), deepest, most)
        document = parsed(text, _decoder())
        for each in texts_in(document):
            each.encode()
    except UnicodeEncodeError:
        raise _malformed("it holds half a surrogate pair") from None
    except (ValueError, RecursionError) as error:
        raise _malformed(str(error)) from None
    return document


def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite, parse_int=_whole)


def _malformed(reason: str) -> Problem:
    return Problem(400, f"The request body is not valid JSON: {reason}"[:300], title="Bad Request")


def check_size(body: bytes, deepest: int = DEEPEST, most: int = MOST_VALUES) -> None:
    """Raises Problem for JSON that is too large to be worth parsing, or too deep, without parsing it."""
    pieces, quotes = [], 0
    for piece in _without_escapes(body):
        quotes += piece.count(b'"')
        if quotes > 2 * most:
            raise _too_large(f"more than {most} values")
        pieces.append(piece)
    parts = b"".join(pieces).split(b'"')
    longest = max(map(len, parts[1::2]), default=0)
    if longest > LONGEST_TEXT:
        raise _too_large(f"a text of {longest} bytes; no input takes more than {MAX_CHARACTERS} characters")
    outside = b"0".join(parts[::2])
    if len(outside) > MOST_BESIDE:
        raise _too_large(f"more than {MOST_BESIDE} bytes beside its texts")
    depth = 0
    for bracket in outside.translate(None, _ALL_BUT_BRACKETS)[: 2 * most]:
        depth += 1 if bracket in b"[{" else -1
        if depth > deepest:
            raise Problem(400, "The request body is nested too deeply.", title="Bad Request")
    if sum(map(outside.count, (b",", b":", b"[", b"{"))) > most:
        raise _too_large(f"more than {most} values")


def _without_escapes(body: bytes) -> Iterator[bytes]:
    """JSON of the same length, in pieces, in which every quotation mark begins or ends a text."""
    start = 0
    while start < len(body):
        piece = body[start : start + PIECE]
        if (len(piece) - len(piece.rstrip(b"\\"))) % 2 and len(piece) > 1:
            piece = piece[:-1]  # what it escapes comes with the next piece
        start += len(piece)
        yield piece.replace(rb"\\", b"__").replace(rb"\"", b"__")


def _too_large(what: str) -> Problem:
    return Problem(413, f"The request body holds {what}.", title="Content Too Large")


async def read_body(request: Request, limit_mb: int, what: str = "(--max-body-mb)") -> bytes:
    """The request's body. Raises Problem 413, which ends in what, before more than limit_mb megabytes are in memory."""
    limit, chunks, size = limit_mb * 1024 * 1024, [], 0
    if declared_length(request.headers) > limit:
        raise _too_many_megabytes(limit_mb, what)
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_many_megabytes(limit_mb, what)
        chunks.append(chunk)
    return b"".join(chunks)


def declared_length(headers: Mapping[str, str]) -> int:
    """The Content-Length; 0 where there is none."""
    text = headers.get("content-length", "")
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0


def _too_many_megabytes(limit_mb: int, what: str) -> Problem:
    detail = f"The request body must be less than {limit_mb}MB in size {what}"
    return Problem(413, detail, title="Content Too Large")


def _finite(text: str) -> float:
    _check_number(text)
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is too large a number")
    return number


def _whole(text: str) -> int:
    _check_number(text)
    return int(text)


def _check_number(text: str) -> None:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"a number of {len(text)} characters; {LONGEST_NUMBER} are the most")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
