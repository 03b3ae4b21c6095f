"""Answers of text, compressed for clients that can read them so. Never what streams, and never files of predictions."""

import gzip
import re
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

Answer = TypeVar("Answer", bound=Response)
# Less is not worth it: it fits into one packet anyway.
LEAST_BYTES = 1024
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
