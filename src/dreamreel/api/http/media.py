"""A stored file as an answer: from a disk, or passed on from a bucket; ranges either way."""

import re
from collections.abc import Mapping
from pathlib import Path
from stat import S_ISREG
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from dreamreel.api.http.problems import Problem, not_found
from dreamreel.predictions.files import Files

# Digits without end would be read in quadratic time; what is longer is no range.
_RANGE = re.compile(r"bytes=([0-9]{0,1000})-([0-9]{0,1000})", re.IGNORECASE)


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
        return await _from_disk(request, path, media_type, headers, filename)
    size = await run_in_threadpool(files.size, key)
    if size is None:
        return None
    sent = {**headers, "Accept-Ranges": "bytes", "Content-Length": str(size)}
    if filename is not None:
        sent["Content-Disposition"] = f"attachment; filename*=utf-8''{quote(filename, safe='')}"
    span = _asked(request, size, {})
    if span is None:
        return _stream(request, files, key, (0, size), 200, media_type, sent)
    start, end = span
    if start >= end:
        return _outside(size, headers)
    sent |= {"Content-Length": str(end - start), "Content-Range": f"bytes {start}-{end - 1}/{size}"}
    return _stream(request, files, key, span, 206, media_type, sent)


async def _from_disk(
    request: Request, path: Path, media_type: str, headers: Mapping[str, str], filename: str | None
) -> Response | None:
    try:
        stat = await run_in_threadpool(path.stat)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not S_ISREG(stat.st_mode):
        return None
    answer = _DiskResponse(path, media_type=media_type, headers=dict(headers), filename=filename, stat_result=stat)
    answer.span = _asked(request, stat.st_size, answer.headers)
    if answer.span is not None and answer.span[0] >= answer.span[1]:
        return _outside(stat.st_size, headers)
    return answer


async def answer_once(request: Request, path: Path, media_type: str, headers: Mapping[str, str]) -> Response:
    """The same of a file that was made for this answer alone: it is deleted behind it, however that ends."""
    answer = await _from_disk(request, path, media_type, headers, None)
    if isinstance(answer, _DiskResponse):
        answer.is_last = True
        return answer
    path.unlink(missing_ok=True)
    return answer or not_found().response()


class _DiskResponse(FileResponse):
    """The framework's, with the range already parsed: by itself it answers 400 to headers that must be ignored.

    is_last: whether the file is deleted behind it.
    """

    span: tuple[int, int] | None = None
    is_last = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [pair for pair in scope["headers"] if pair[0] not in (b"range", b"if-range")]
        if self.span is not None:
            headers.append((b"range", b"bytes=%d-%d" % (self.span[0], self.span[1] - 1)))
        try:
            await super().__call__({**scope, "headers": headers}, receive, send)
        finally:
            if self.is_last:
                Path(self.path).unlink(missing_ok=True)


def _outside(size: int, headers: Mapping[str, str]) -> Response:
    sent = {**headers, "Cache-Control": "no-store", "Content-Range": f"bytes */{size}"}
    detail = f"The range lies outside the file, which has {size} bytes."
    return Problem(416, detail, title="Range Not Satisfiable", headers=sent).response()


def _asked(request: Request, size: int, validators: Mapping[str, str]) -> tuple[int, int] | None:
    """The one range that the request asks for, as of _span; validators: headers that an If-Range may name."""
    texts = request.headers.getlist("range")
    known = (validators.get("etag"), validators.get("last-modified"))
    if len(texts) != 1 or request.headers.get("if-range") not in (None, *known):
        return None
    return _span(texts[0], size)


def _stream(
    request: Request, files: Files, key: str, span: tuple[int, int], status: int, media_type: str, sent: dict[str, str]
) -> Response:
    pieces = iter(()) if request.method == "HEAD" else files.read(key, *span)
    return StreamingResponse(pieces, status, sent, media_type)


def _span(text: str, size: int) -> tuple[int, int] | None:
    """(start, end behind it) of a Range header; None for the whole file: for what is none (RFC 9110, 14.2) or several.

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
