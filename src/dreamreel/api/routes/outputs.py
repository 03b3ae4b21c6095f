"""Videos, posters and frames under addresses that are their own keys: no token needed, ranges served.

`video.mp4` is the video whatever becomes of it: while frames are drawn it streams what there is and then
what comes; afterwards it is the finished file, or the partial one of a prediction that ended early.
"""

import math
import re
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse

from dreamreel.api.context import Context, context_of
from dreamreel.api.http.keys import READABLE, still_opens
from dreamreel.api.http.media import answer_file, has_file
from dreamreel.api.http.problems import Problem, not_found
from dreamreel.api.openapi import ERRORS
from dreamreel.api.subtitles import SRT, SUBTITLED, answer_subtitles
from dreamreel.predictions.files import Files, first_bytes, prediction_key
from dreamreel.predictions.record import Prediction
from dreamreel.video.growing import FRAGMENT_S, Fragment, read_fragments

router = APIRouter(tags=["files"])
_FILE = re.compile(r"out\.mp4|partial\.mp4|growing\.mp4|poster\.jpg|frames/\d{5,7}\.png|previews/\d{5,7}\.(webp|jpg)")
_TYPES = {"mp4": "video/mp4", "jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
# Earlier releases made previews as JPEG: whichever of the two is there answers for both.
_OTHERWISE = {"webp": "jpg", "jpg": "webp"}
_HEADERS = dict(READABLE)
_FINAL = {"Cache-Control": "private, max-age=86400, immutable", **_HEADERS}
_GROWING = {"Cache-Control": "no-store", **_HEADERS}
CHUNK = 256 * 1024


@router.head("/outputs/{prediction_id}/{until}/{tag}/{name:path}", include_in_schema=False)
@router.get(
    "/outputs/{prediction_id}/{until}/{tag}/{name:path}",
    operation_id="outputs.get",
    response_class=FileResponse,
    responses={**ERRORS, 416: {"description": "The range lies outside the file."}},
)
async def get_output(request: Request, prediction_id: str, until: str, tag: str, name: str) -> Response:
    """A file of a prediction. The address is the key: it works until it, or the last token of its owner, expires."""
    context = context_of(request)
    if not context.signer.opens(f"{until}-{tag}", "output", prediction_id):
        raise not_found()
    owner = await run_in_threadpool(context.service.store.owner_of, prediction_id)
    if owner is None or not await run_in_threadpool(still_opens, context, owner):
        raise not_found()
    if name == "video.mp4":
        return await _video(request, context, prediction_id)
    if name == "video.m3u8":
        return await _playlist(context, prediction_id)
    if name in SRT or name in SUBTITLED:
        prediction = await _look_up(context, prediction_id)
        return await answer_subtitles(request, prediction, name, {**_HEADERS, "Cache-Control": "no-cache"})
    if not _FILE.fullmatch(name):
        raise not_found()
    headers = _GROWING if name == "growing.mp4" else _FINAL
    stem, _, kind = name.rpartition(".")
    for each in (kind, _OTHERWISE[kind]) if name.startswith("previews/") else (kind,):
        key = prediction_key(prediction_id, f"{stem}.{each}")
        answer = await answer_file(request, context.files, key, _TYPES[each], headers)
        if answer is not None:
            return answer
    raise not_found()


async def _look_up(context: Context, prediction_id: str) -> Prediction:
    prediction = await run_in_threadpool(context.service.store.get, prediction_id)
    if prediction is None:
        raise not_found()
    return prediction


async def _video(request: Request, context: Context, prediction_id: str) -> Response:
    prediction = await _look_up(context, prediction_id)
    for name in ("out.mp4", "partial.mp4"):
        key, headers = prediction_key(prediction_id, name), {**_HEADERS, "Cache-Control": "no-cache"}
        if prediction.status.is_terminal:
            answer = await answer_file(request, context.files, key, "video/mp4", headers)
            if answer is not None:
                return answer
    if prediction.status.is_terminal:
        raise not_found()
    if request.method == "HEAD":  # without a length: nobody knows it yet
        return StreamingResponse(iter(()), media_type="video/mp4", headers=_GROWING)
    growing = _grow(context, prediction_id)
    return StreamingResponse(growing, media_type="video/mp4", headers=_GROWING)


async def _grow(context: Context, prediction_id: str) -> AsyncIterator[bytes]:
    """The bytes of the growing file from its beginning, as they come, until the prediction has ended."""
    offset, key = 0, prediction_key(prediction_id, "growing.mp4")
    async with context.wakeups.listen(prediction_id) as listener:
        while not context.wakeups.closed:
            prediction = await run_in_threadpool(context.service.store.get, prediction_id)
            while chunk := await run_in_threadpool(first_bytes, context.files, key, offset, CHUNK):
                offset += len(chunk)
                yield chunk
            if prediction is None or prediction.status.is_terminal:
                return
            await listener.wait(1.0)


def _fragments(files: Files, key: str) -> tuple[int, list[Fragment]]:
    path = files.path(key)
    if path is not None:
        return read_fragments(path)
    with tempfile.NamedTemporaryFile() as copy:
        for piece in files.read(key):
            copy.write(piece)
        copy.flush()
        return read_fragments(Path(copy.name))


async def _playlist(context: Context, prediction_id: str) -> Response:
    """HLS (RFC 8216): the growing file's fragments by their byte ranges; it ends when the prediction does."""
    prediction = await _look_up(context, prediction_id)
    key = prediction_key(prediction_id, "growing.mp4")
    if not await has_file(context.files, key):
        raise Problem(404, "No part of the video is there yet.", headers={"Retry-After": "2"})
    head, fragments = await run_in_threadpool(_fragments, context.files, key)
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-PLAYLIST-TYPE:EVENT"]
    # From the start, not from the newest fragment: only the first one begins with a whole picture.
    lines += [f"#EXT-X-TARGETDURATION:{math.ceil(FRAGMENT_S) + 1}", "#EXT-X-START:TIME-OFFSET=0,PRECISE=YES"]
    lines.append(f'#EXT-X-MAP:URI="growing.mp4",BYTERANGE="{head}@0"')
    for fragment in fragments:
        lines.append(f"#EXTINF:{fragment.seconds:.6f},")
        lines += [f"#EXT-X-BYTERANGE:{fragment.size}@{fragment.offset}", "growing.mp4"]
    lines += ["#EXT-X-ENDLIST"] if prediction.status.is_terminal else []
    text = "\n".join(lines) + "\n"
    return PlainTextResponse(text, media_type="application/vnd.apple.mpegurl", headers=_GROWING)
