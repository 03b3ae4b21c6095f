"""The form of an upload: read as it comes, and bounded while it comes, so that nothing too large is ever parsed."""

import re
from collections import Counter
from collections.abc import AsyncGenerator

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from dreamreel.api.create_request import invalid
from dreamreel.api.http.bodies import parse_json
from dreamreel.api.http.problems import Problem
from dreamreel.api.input_schema import FieldProblem
from dreamreel.documents import JsonObject

FILES, FIELDS = 4, 100
LONGEST_NAME = 200
# Of one field that is not the content, names and texts of all its parts together.
LARGEST_FIELD = 64 * 1024
DEEPEST, MOST_VALUES = 20, 2000
_BRACKETED = re.compile(r"metadata(?:\[[^\[\]]+\])+")


async def read_form(request: Request, limit_mb: int) -> FormData:
    """The multipart form in the request's body, with its file `content`.

    Raises Problem 400 for what is no such form, 413 for a file that is too large, 422 for a field that does not fit.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise wrong("content", "is required: send the file in a multipart/form-data body", "required")
    try:
        form = await _Parser(request.headers, _counted(request, limit_mb), max_files=FILES, max_fields=FIELDS).parse()
    except MultiPartException as error:
        raise Problem(400, _malformed(error), title="Bad Request") from None
    content = form.get("content")
    if not isinstance(content, UploadFile):
        raise wrong("content", "is required: a part with a file name", "required")
    if (content.size or 0) >= limit_mb * 1024 * 1024:
        raise too_large(limit_mb)
    return form


def _malformed(error: MultiPartException) -> str:
    if "boundary" in error.message:
        return "The form is malformed: its Content-Type names no boundary (multipart/form-data; boundary=...)."
    if "Too many" in error.message:
        return f"The form is too large: at most {FIELDS} fields and {FILES} files."
    if '"name"' in error.message:
        return "The form is malformed: one of its parts has no name in its Content-Disposition."
    return "The form is malformed: its parts cannot be told apart by its boundary."


def wrong(field: str, description: str, kind: str = "invalid_value") -> Problem:
    """Problem 422 for one field."""
    return invalid([FieldProblem(kind, field, description)])


def too_large(limit_mb: int) -> Problem:
    """Problem 413 for a file, in Replicate's words."""
    return Problem(413, f"Files must be less than {limit_mb}MB in size")


async def _counted(request: Request, limit_mb: int) -> AsyncGenerator[bytes, None]:
    seen = 0
    async for chunk in request.stream():
        seen += len(chunk)
        if seen > (limit_mb + 1) * 1024 * 1024:
            raise too_large(limit_mb)
        yield chunk


class _Parser(MultiPartParser):
    """The framework's, which ends at the first byte that is too much."""

    def __init__(self, headers: Headers, stream: AsyncGenerator[bytes, None], **limits: int) -> None:
        super().__init__(headers, stream, max_part_size=LARGEST_FIELD, **limits)
        self._sizes: Counter[str] = Counter()

    def on_headers_finished(self) -> None:
        super().on_headers_finished()
        part = self._current_part
        if len(part.field_name) > LONGEST_NAME:
            raise wrong(part.field_name[:40] + "...", f"the name of a field has at most {LONGEST_NAME} characters")
        if part.field_name == "content" and part.file is None:
            raise wrong("content", "must be a file: its part has no file name")
        self._count(len(part.field_name))

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        super().on_part_data(data, start, end)

    def _count(self, size: int) -> None:
        name = self._current_part.field_name.partition("[")[0]
        if name == "content":
            return
        self._sizes[name] += size
        if self._sizes[name] > LARGEST_FIELD + len(name):
            raise wrong(name, f"must be at most {LARGEST_FIELD // 1024} KiB")


async def read_metadata(form: FormData) -> JsonObject:
    """Metadata as the clients send it: a JSON text, a JSON file part, or fields like `metadata[a][b]`.

    Raises Problem 422.
    """
    value = form.get("metadata")
    if value is not None:
        return _from_json(await value.read() if isinstance(value, UploadFile) else value)
    metadata: JsonObject = {}
    for name, each in form.multi_items():
        if name.startswith("metadata["):
            _place(metadata, name, each)
    return metadata


def _from_json(text: bytes | str) -> JsonObject:
    try:
        metadata = parse_json(text or "{}", DEEPEST, MOST_VALUES)
    except Problem as problem:
        raise wrong("metadata", _reason(problem)) from None
    if not isinstance(metadata, dict):
        raise wrong("metadata", "must be a JSON object")
    return metadata


def _reason(problem: Problem) -> str:
    for ending in ("nested too deeply", "values"):
        if problem.detail.endswith(f"{ending}."):
            return f"must be a JSON object of at most {MOST_VALUES} values, {DEEPEST} levels deep"
    return "must be a JSON object" + problem.detail.removeprefix("The request body is not valid JSON")


def _place(metadata: JsonObject, name: str, value: UploadFile | str) -> None:
    keys = re.findall(r"\[([^\[\]]+)\]", name) if _BRACKETED.fullmatch(name) else []
    if not keys or len(keys) > DEEPEST or isinstance(value, UploadFile):
        raise wrong(name, f"must be a text field with a name like metadata[a][b], at most {DEEPEST} levels deep")
    place = metadata
    for key in keys[:-1]:
        inner = place.setdefault(key, {})
        if not isinstance(inner, dict):
            raise wrong(name, "another field has a text where this one has members")
        place = inner
    if isinstance(place.get(keys[-1]), dict):
        raise wrong(name, "another field has members where this one has a text")
    place[keys[-1]] = value
