"""Uploads: sent, listed, fetched and deleted. No input of this model is a file, but clients have the calls."""

import base64
import contextlib
import hashlib
import hmac
import re
import shutil
from datetime import timedelta
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from dreamreel.api import schemas
from dreamreel.api.context import Context, context_of, origin_of
from dreamreel.api.create_request import invalid
from dreamreel.api.http.bodies import declared_length
from dreamreel.api.http.forms import read_form, read_metadata
from dreamreel.api.http.keys import READABLE, still_opens
from dreamreel.api.http.media import answer_file
from dreamreel.api.http.pages import PageResponse
from dreamreel.api.http.problems import Problem
from dreamreel.api.input_schema import FieldProblem
from dreamreel.api.openapi import ERRORS, INVALID
from dreamreel.api.routes.predictions import Owner
from dreamreel.api.wire import page, timestamp
from dreamreel.documents import JsonObject
from dreamreel.predictions.accounts import Upload, new_id
from dreamreel.predictions.files import UPLOADS, NoRoomError, from_os, upload_key

router = APIRouter(tags=["files"])
MB = 1024 * 1024
STALE_S = 3600
# Of a form, beside its content: its other fields, and the heads of its parts.
LARGEST_HEAD = 256 * 1024
UPLOAD_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["content"],
                "properties": {
                    "content": {"type": "string", "format": "binary"},
                    # No types: what stands in a form is text, and what is empty does not stand there.
                    "filename": {"description": "Its name, if not that of the part"},
                    "type": {"description": "Its media type, if not that of the part"},
                    "metadata": {
                        "description": "A JSON object of at most 64 KiB: a part, a text, or fields `metadata[a][b]`"
                    },
                },
            }
        }
    },
}


def _missing() -> Problem:
    return Problem(404, "File not found")


@router.post(
    "/files",
    operation_id="files.create",
    status_code=201,
    responses={201: {"model": schemas.FileShape}, **INVALID, **ERRORS},
    openapi_extra={"requestBody": UPLOAD_BODY},
)
async def upload_file(request: Request, owner: Owner) -> JSONResponse:
    """Keeps a file (multipart field `content`) for some hours."""
    context = context_of(request)
    await run_in_threadpool(_check_room, context, owner, max(declared_length(request.headers) - LARGEST_HEAD, 0))
    try:
        form = await read_form(request, context.settings.max_upload_mb)
    except OSError as error:  # of the disk on which a large form lies while it comes
        raise from_os(error, "the upload") from None
    metadata = await read_metadata(form)
    upload = await run_in_threadpool(_keep, context, owner, form, metadata)
    return JSONResponse(_document(upload, origin_of(request), context), 201)


def _check_room(context: Context, owner: str, size: int) -> None:
    """Raises Problem 413 for more bytes than the account may keep, and NoRoomError for more than the disk has."""
    store, settings, now = context.service.store, context.settings, context.service.clock()
    used, quota = store.upload_bytes(owner, now), settings.upload_quota_mb * MB
    if quota and used + size >= quota:
        raise _over_quota(context, used)
    if settings.free_space_mb and shutil.disk_usage(settings.data).free - size < settings.free_space_mb * MB:
        raise NoRoomError(f"the disk of {settings.data} has less than {settings.free_space_mb} MB left")


def _over_quota(context: Context, used: int) -> Problem:
    hours, most = context.settings.upload_hours, context.settings.upload_quota_mb
    detail = (
        f"Your uploads hold {used / MB:.1f} MB of the {most} MB that one account may keep (--upload-quota-mb): "
        f"delete some, or wait; each is kept for {hours} hours."
    )
    return Problem(413, detail, title="Upload quota reached")


def _keep(context: Context, owner: str, form: FormData, metadata: JsonObject) -> Upload:
    content = form["content"]
    assert isinstance(content, UploadFile)
    upload_id, media_type = new_id(), _media_type(form.get("type") or content.content_type)
    sha256, md5, size = _put(context, upload_id, content, media_type)
    now = context.service.clock()
    upload = Upload(
        id=upload_id,
        owner=owner,
        name=_plain(form.get("filename") or content.filename or "") or "file",
        content_type=media_type,
        size=size,
        sha256=sha256,
        md5=md5,
        created_at=now,
        expires_at=now + timedelta(hours=context.settings.upload_hours),
        metadata=metadata,
    )
    if not context.service.store.add_upload(upload, context.settings.upload_quota_mb * MB):
        context.files.delete(upload_key(upload_id))
        raise _over_quota(context, context.service.store.upload_bytes(owner, now))
    return upload


def _put(context: Context, upload_id: str, content: UploadFile, media_type: str) -> tuple[str, str, int]:
    """Keeps the content; returns its SHA-256, its MD5 and its size. Raises FilesError."""
    sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    folder = context.settings.data / UPLOADS
    part = folder / f"{upload_id}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            while chunk := content.file.read(1 << 20):
                sha256.update(chunk)
                md5.update(chunk)
                size += len(chunk)
                file.write(chunk)
        context.files.put(upload_key(upload_id), part, media_type)
    except OSError as error:
        raise from_os(error, f"upload {upload_id}") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return sha256.hexdigest(), md5.hexdigest(), size


def forget_cut_off(context: Context, now: float) -> None:
    """Removes what a process that was killed in the middle of an upload left: it is not touched for an hour."""
    for part in (context.settings.data / UPLOADS).glob("*.part"):
        with contextlib.suppress(OSError):
            if part.stat().st_mtime < now - STALE_S:
                part.unlink()


def _plain(value: object) -> str:
    """The base name of what may be a path of any system, as one short line; empty for what has none."""
    base = re.split(r"[/\\]", str(value).rstrip("/\\"))[-1]
    name = re.sub(r"[^\x20-\x7e\xa0-\U0010ffff]", "_", base)[:200].strip()
    return "" if name in (".", "..") else name


def _media_type(value: object) -> str:
    """A content type that can be said in a header; the plainest one for what is none."""
    fits = isinstance(value, str) and re.fullmatch(r"[\w.+-]{1,80}/[\w.+-]{1,80}(; ?[\w-]+=[\w.+-]+)?", value, re.ASCII)
    return str(value) if fits else "application/octet-stream"


@router.get("/files", operation_id="files.list", responses={200: {"model": schemas.PageShape}, **INVALID, **ERRORS})
async def list_files(
    request: Request,
    owner: Owner,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 100,
) -> JSONResponse:
    """The uploads that are still kept, newest first; `next` and `previous` are addresses of the pages beside it."""
    context, origin = context_of(request), origin_of(request)

    def link(at: str) -> str:
        return f"{origin}/v1/files?{urlencode({'limit': limit, 'cursor': at})}"

    def made() -> JSONResponse:
        try:
            listed = context.service.store.uploads(owner, context.service.clock(), limit, cursor)
        except ValueError as error:
            raise invalid([FieldProblem("invalid_value", "cursor", str(error))]) from None
        results = [_document(upload, origin, context) for upload in listed.results]
        return PageResponse(page(results, listed.older, listed.newer, link))

    return await context.lanes.run(owner, made)


@router.get("/files/{file_id}", operation_id="files.get", responses={200: {"model": schemas.FileShape}, **ERRORS})
def get_file(request: Request, owner: Owner, file_id: str) -> JSONResponse:
    """An upload's particulars."""
    context = context_of(request)
    upload = _owned(context, owner, file_id)
    return JSONResponse(_document(upload, origin_of(request), context))


@router.delete("/files/{file_id}", operation_id="files.delete", status_code=204, responses=ERRORS)
def delete_file(request: Request, owner: Owner, file_id: str) -> Response:
    """Forgets an upload."""
    context = context_of(request)
    _owned(context, owner, file_id)
    context.service.store.delete_upload(file_id)
    context.files.delete(upload_key(file_id))
    return Response(status_code=204)


@router.get("/files/{file_id}/download", operation_id="files.download", response_class=FileResponse, responses=ERRORS)
async def download_file(
    request: Request, file_id: str, owner: str = "", expiry: str = "", signature: str = ""
) -> Response:
    """An upload's content; the signature is base64(HMAC-SHA256(webhook key, "{owner} {id} {expiry}"))."""
    context = context_of(request)
    upload = await run_in_threadpool(context.service.store.upload, file_id)
    if upload is None or upload.owner != owner or not await run_in_threadpool(still_opens, context, owner):
        raise _missing()
    if not await run_in_threadpool(_signature_fits, context, file_id, owner, expiry, signature):
        raise _missing()
    # A browser that opens the address shows the file and runs nothing of it.
    headers = {"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'", **READABLE}
    key = upload_key(file_id)
    answer = await answer_file(request, context.files, key, upload.content_type, headers, upload.name)
    if answer is None:
        raise _missing()
    return answer


def _signature(context: Context, file_id: str, owner: str, until: str) -> str:
    key = base64.b64decode(context.service.webhook_secret(owner).removeprefix("whsec_"))
    return base64.b64encode(hmac.new(key, f"{owner} {file_id} {until}".encode(), hashlib.sha256).digest()).decode()


def _signature_fits(context: Context, file_id: str, owner: str, until: str, signature: str) -> bool:
    now = int(context.service.clock().timestamp())
    expected = _signature(context, file_id, owner, until)
    current = until.isdecimal() and len(until) < 15 and int(until) > now
    return current and hmac.compare_digest(signature.encode(), expected.encode())


def _owned(context: Context, owner: str, file_id: str) -> Upload:
    upload = context.service.store.upload(file_id)
    if upload is None or upload.owner != owner or upload.expires_at <= context.service.clock():
        raise _missing()
    return upload


def _document(upload: Upload, origin: str, context: Context) -> dict[str, object]:
    until = str(int(upload.expires_at.timestamp()))
    signature = quote(_signature(context, upload.id, upload.owner, until), safe="")
    address = f"{origin}/v1/files/{upload.id}/download?owner={upload.owner}&expiry={until}&signature={signature}"
    return {
        "id": upload.id,
        "name": upload.name,
        "content_type": upload.content_type,
        "size": upload.size,
        "etag": upload.md5,
        "checksums": {"sha256": upload.sha256, "md5": upload.md5},
        "metadata": upload.metadata,
        "created_at": timestamp(upload.created_at),
        "expires_at": timestamp(upload.expires_at),
        "urls": {"get": address},
    }
