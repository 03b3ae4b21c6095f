"""Answers of text, compressed for clients that can read them so. Never files of predictions."""

import gzip
import re
import zlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

Answer = TypeVar("Answer", bound=Response)
# Less is not worth it: it fits into one packet anyway.
LEAST_BYTES = 1024
# A stream's messages resemble the few before them: 4 kB are remembered, and each reader costs 32 kB of memory.
_STREAM_WINDOW, _STREAM_MEMORY = 12, 5
_GZIP = re.compile(r"(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[\d.]+\s*)?(?:,|$)", re.IGNORECASE)


def may_squeeze(request: Request) -> bool:
    """Whether the client takes gzip."""
    return _GZIP.search(request.headers.get("accept-encoding", "")) is not None


def squeezed(request: Request, response: Answer) -> Answer:
    """The same answer, compressed where it is large enough and the client takes it."""
    if "Accept-Encoding" not in response.headers.get("Vary", ""):
        response.headers.add_vary_header("Accept-Encoding")
    if len(response.body) >= LEAST_BYTES and may_squeeze(request):
        response.body = gzip.compress(response.body, 5, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Content-Length"] = str(len(response.body))
    return response


async def squeezed_stream(messages: AsyncGenerator[str, None]) -> AsyncIterator[bytes]:
    """The same messages, compressed, each of them whole as soon as it is sent."""
    squeezer = zlib.compressobj(6, zlib.DEFLATED, 16 + _STREAM_WINDOW, _STREAM_MEMORY)
    async with aclosing(messages):
        async for message in messages:
            yield squeezer.compress(message.encode()) + squeezer.flush(zlib.Z_SYNC_FLUSH)
    yield squeezer.flush()
