"""Reading a JSON body: bounded, whatever its content type says, and with an error that clients can parse."""

import json
from typing import Any

from starlette.requests import Request

from dreamreel.api.problems import Problem


async def read_json(request: Request, limit_mb: int) -> Any:
    """The JSON in the request's body; None for an empty one. Raises Problem 400 and 413."""
    body = await read_body(request, limit_mb)
    if not body.strip():
        return None
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except RecursionError:
        raise Problem(400, "The request body is nested too deeply.", title="Bad Request") from None
    except ValueError as error:
        detail = f"The request body is not valid JSON: {error}"[:300]
        raise Problem(400, detail, title="Bad Request") from None


async def read_body(request: Request, limit_mb: int) -> bytes:
    """The request's body. Raises Problem 413 before more than limit_mb megabytes are in memory."""
    limit, chunks, size = limit_mb * 1024 * 1024, [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise Problem(413, f"The request body must be less than {limit_mb}MB in size", title="Content Too Large")
        chunks.append(chunk)
    return b"".join(chunks)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
