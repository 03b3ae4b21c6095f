"""Reading a JSON body: bounded, whatever its content type says, and with an error that clients can parse."""

import json
import math
import re
from typing import Any

from starlette.requests import Request

from dreamreel.api.problems import Problem

# Far more than any input needs, far less than what Python's encoder can write.
DEEPEST = 100
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


async def read_json(request: Request, limit_mb: int) -> Any:
    """The JSON in the request's body; None for an empty one. Raises Problem 400 and 413."""
    body = await read_body(request, limit_mb)
    return parse_json(body) if body.strip() else None


def parse_json(body: bytes | str) -> Any:
    """JSON that can be kept and answered again: UTF-8, not nested too deeply, whole characters only.

    Raises Problem 400.
    """
    try:
        text = body.decode("utf-8-sig") if isinstance(body, bytes) else body
        document = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
        if text.count("[") + text.count("{") > DEEPEST:
            _check_depth(document)
        if _SURROGATE.search(text):
            json.dumps(document, ensure_ascii=False).encode()
    except RecursionError:
        raise Problem(400, "The request body is nested too deeply.", title="Bad Request") from None
    except UnicodeEncodeError:
        detail = "The request body is not valid JSON: it holds half a surrogate pair"
        raise Problem(400, detail, title="Bad Request") from None
    except ValueError as error:
        detail = f"The request body is not valid JSON: {error}"[:300]
        raise Problem(400, detail, title="Bad Request") from None
    return document


def _check_depth(document: Any) -> None:
    """Raises RecursionError for what the encoder might not be able to write down again."""
    level = [document]
    for _ in range(DEEPEST):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return
    raise RecursionError


async def read_body(request: Request, limit_mb: int) -> bytes:
    """The request's body. Raises Problem 413 before more than limit_mb megabytes are in memory."""
    limit, chunks, size = limit_mb * 1024 * 1024, [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise Problem(413, f"The request body must be less than {limit_mb}MB in size", title="Content Too Large")
        chunks.append(chunk)
    return b"".join(chunks)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is too large a number")
    return number


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
