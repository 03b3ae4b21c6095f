"""Subtitles of a prediction's film: as an `.srt` file, and as a track of a copy of the film."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.input import parse
from dreamreel.animation.plan import AnimationPlan, build
from dreamreel.api.context import Context, context_of
from dreamreel.api.http.media import answer_once
from dreamreel.api.http.problems import Problem, not_found
from dreamreel.errors import InputError, VideoError
from dreamreel.predictions.files import prediction_key
from dreamreel.predictions.record import Prediction
from dreamreel.rendering.subtitles import KINDS, Kind, subtitles, timed
from dreamreel.video.provenance import read_manifest

# Name of the file -> what the subtitles say
SRT: dict[str, Kind] = {f"{kind}.srt": kind for kind in KINDS}
SUBTITLED: dict[str, Kind] = {f"subtitled-{kind}.mp4": kind for kind in KINDS}


async def answer_subtitles(request: Request, prediction: Prediction, name: str, headers: Mapping[str, str]) -> Response:
    """The file of that name, of SRT or SUBTITLED: made of the film when it is asked for, and not kept.

    Each owner's are made one by one. Raises Problem 404 while there is no film.
    """
    if prediction.data_removed:
        raise not_found()
    context = context_of(request)
    made = await context.readers.run(f"subtitles of {prediction.owner}", _made, context, prediction, name)
    if isinstance(made, Path):
        return await answer_once(request, made, "video/mp4", headers)
    return PlainTextResponse(made, headers=dict(headers), media_type="application/x-subrip; charset=utf-8")


def _made(context: Context, prediction: Prediction, name: str) -> str | Path:
    """The text of an .srt, or where a copy of the film lies now."""
    with tempfile.TemporaryDirectory() as folder:
        film = _film(context, prediction, Path(folder))
        try:
            plan, count = _plan_of(film)
        except VideoError:
            raise Problem(404, "The film does not say what it was made from, so it has no subtitles.") from None
        except InputError as error:
            detail = f"The film's input cannot be read any more, so it has no subtitles: {error}"
            raise Problem(404, detail) from None
        return subtitles(plan, SRT[name], count) if name in SRT else _subtitled(film, plan, SUBTITLED[name], count)


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
    """The plan by which a film was drawn and how many frames it has, as it says itself.

    Raises VideoError if it does not, and InputError if its input cannot be read any more.
    """
    manifest = read_manifest(film)
    animation_input, _ = parse(manifest["input"])
    canvas = Canvas(manifest["width"], manifest["height"], manifest["steps"], manifest["cfg_scale"])
    return build(animation_input, canvas, animation_input.seed or 0), len(manifest["frames"])


def _subtitled(film: Path, plan: AnimationPlan, kind: Kind, num_frames: int) -> Path:
    from dreamreel.video.captions import caption

    with tempfile.NamedTemporaryFile(suffix=".mp4", delete=False) as made:
        path = Path(made.name)
    try:
        caption(film, timed(plan, kind, num_frames), path)
    except VideoError:
        detail = "A copy with subtitles could not be written here; the .srt beside it needs no room."
        raise Problem(507, detail, title="Insufficient Storage") from None
    return path
