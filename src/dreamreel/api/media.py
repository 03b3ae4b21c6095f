"""A stored file as an answer: from a disk, or passed on from a bucket; ranges either way."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from dreamreel.predictions.files import Files

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


async def has_file(files: Files, key: str) -> bool:
    """Whether there is a file of that key. Raises FilesError."""
    path = files.path(key)
    return path.is_file() if path is not None else await run_in_threadpool(files.size, key) is not None


async def answer_file(
    request: Request, files: Files, key: str, media_type: str, headers: Mapping[str, str], filename: str | None = None
) -> Response | None:
    """The file as the answer to a GET or HEAD; None if there is no such file. filename: to be saved under.

    Raises FilesError.
    """
    path = files.path(key)
    if path is not None:
        if not path.is_file():
            return None
        return FileResponse(path, media_type=media_type, headers=dict(headers), filename=filename)
    size = await run_in_threadpool(files.size, key)
    if size is None:
        return None
    sent = {**headers, "Accept-Ranges": "bytes", "Content-Length": str(size)}
    if filename is not None:
        sent["Content-Disposition"] = f"attachment; filename*=utf-8''{quote(filename, safe='')}"
    span = _span(request.headers.get("range", ""), size)
    if span is None:
        return _stream(request, files, key, (0, size), 200, media_type, sent)
    start, end = span
    if start >= end:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    sent |= {"Content-Length": str(end - start), "Content-Range": f"bytes {start}-{end - 1}/{size}"}
    return _stream(request, files, key, span, 206, media_type, sent)


def _stream(
    request: Request, files: Files, key: str, span: tuple[int, int], status: int, media_type: str, sent: dict[str, str]
) -> Response:
    pieces = iter(()) if request.method == "HEAD" else files.read(key, *span)
    return StreamingResponse(pieces, status, sent, media_type)


def _span(text: str, size: int) -> tuple[int, int] | None:
    """(start, end behind it) of a Range header; None for the whole file, which is also right for several ranges.

    Start and end are the same where the range lies outside (RFC 9110, 14.1.2).
    """
    match = _RANGE.fullmatch(text.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        last = int(match[2])
        return max(size - last, 0), size if last else max(size - last, 0)
    start, end = int(match[1]), min(int(match[2]) + 1, size) if match[2] else size
    if match[2] and int(match[2]) < start:
        return None
    return (start, end) if start < size else (size, size)
