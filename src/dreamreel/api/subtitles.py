"""Subtitles of a prediction's film: as an `.srt` file, and as a track of a copy of the film."""

import tempfile
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, PlainTextResponse, Response

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.input import parse
from dreamreel.animation.plan import AnimationPlan, build
from dreamreel.api.context import Context
from dreamreel.api.http.problems import Problem, not_found
from dreamreel.errors import VideoError
from dreamreel.predictions.files import prediction_key
from dreamreel.predictions.record import Prediction
from dreamreel.rendering.subtitles import KINDS, Kind, subtitles, timed
from dreamreel.video.provenance import read_manifest

# Name of the file -> what the subtitles say
SRT: dict[str, Kind] = {f"{kind}.srt": kind for kind in KINDS}
SUBTITLED: dict[str, Kind] = {f"subtitled-{kind}.mp4": kind for kind in KINDS}


async def answer_subtitles(context: Context, prediction: Prediction, name: str) -> Response:
    """The file of that name, of SRT or SUBTITLED: made of the film when it is asked for, and not kept.

    Raises Problem 404 while there is no film.
    """
    if prediction.data_removed:
        raise not_found()
    return await run_in_threadpool(_made, context, prediction, name)


def _made(context: Context, prediction: Prediction, name: str) -> Response:
    with tempfile.TemporaryDirectory() as folder:
        film = _film(context, prediction, Path(folder))
        try:
            plan, count = _plan_of(film)
        except VideoError:
            raise Problem(404, "The film does not say what it was made from, so it has no subtitles.") from None
        if name in SRT:
            return PlainTextResponse(
                subtitles(plan, SRT[name], count), media_type="application/x-subrip; charset=utf-8"
            )
        return _subtitled(film, plan, SUBTITLED[name], count)


def _film(context: Context, prediction: Prediction, folder: Path) -> Path:
    """The film as a file of this machine."""
    for name in ("out.mp4", "partial.mp4") if prediction.status.is_terminal else ():
        key = prediction_key(prediction.id, name)
        if context.files.size(key) is None:
            continue
        if (path := context.files.path(key)) is None:
            path = folder / name
            with path.open("wb") as copy:
                for piece in context.files.read(key):
                    copy.write(piece)
        return path
    raise Problem(404, "There is no film yet; its subtitles are there with it.")


def _plan_of(film: Path) -> tuple[AnimationPlan, int]:
    """The plan by which a film was drawn and how many frames it has, as it says itself. Raises VideoError if not."""
    manifest = read_manifest(film)
    animation_input, _ = parse(manifest["input"])
    canvas = Canvas(manifest["width"], manifest["height"], manifest["steps"], manifest["cfg_scale"])
    return build(animation_input, canvas, animation_input.seed or 0), len(manifest["frames"])


def _subtitled(film: Path, plan: AnimationPlan, kind: Kind, num_frames: int) -> Response:
    from dreamreel.video.captions import caption

    with tempfile.NamedTemporaryFile(suffix=".mp4", delete=False) as made:
        path = Path(made.name)
    caption(film, timed(plan, kind, num_frames), path)
    return FileResponse(path, media_type="video/mp4", background=BackgroundTask(path.unlink, missing_ok=True))
