"""One film of `dreamreel render`: from inputs by name to the files that were asked for."""

import contextlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from dreamreel.animation.core import SEED
from dreamreel.cli.drawing import draw, exit_if_stopped
from dreamreel.cli.exits import say
from dreamreel.cli.sheet import Sheet
from dreamreel.errors import DiskFullError, InputError, VideoError
from dreamreel.rendering.animation import Animation, prepare
from dreamreel.rendering.finished import Film, find_film, is_whole
from dreamreel.rendering.output import check_same, open_folder
from dreamreel.rendering.setup import Setup
from dreamreel.rendering.subtitles import Kind, timed
from dreamreel.rendering.subtitles import subtitles as subtitles_of
from dreamreel.video.frames import FrameFolder
from dreamreel.video.writer import check_output, most_fps


class Subtitles(StrEnum):
    """What subtitles say."""

    PARAMS = "params"
    PROMPTS = "prompts"


@dataclass(frozen=True)
class Wanted:
    """What is made of an animation. output: the video. frames: the folder in which frames stay. sheet: see sheet.py.

    subtitles: what those beside it say. embed: whether there is a copy of the film with them, too.
    resume: whether to go on from frames that are there. plain: lines instead of a bar. as_json: see Report.
    """

    output: Path
    frames: Path | None = None
    resume: bool = False
    sheet: Path | None = None
    subtitles: Subtitles | None = None
    embed: bool = False
    plain: bool = False
    as_json: bool = False


def named(pattern: Path, name: str, raw: Mapping[str, object], resume: bool) -> tuple[Path, dict[str, object]]:
    """pattern with `{name}` and `{seed}` put in, and raw with the seed that it was named after.

    name: of the file that the inputs are from. Raises InputError where a film to go on with has no seed yet.
    """
    request, text = dict(raw), str(pattern)
    if "{seed}" in text:
        if request.get(SEED.name) in (None, -1, "-1"):
            if resume:
                raise InputError("--output", "{seed} needs a --seed with --resume: it names the film to go on with")
            request[SEED.name] = secrets.randbits(32)
        text = text.replace("{seed}", str(request[SEED.name]).strip())
    return Path(text.replace("{name}", name)), request


def render_film(
    raw: Mapping[str, object], setup: Setup, wanted: Wanted, lend: Callable[[Animation], None] | None = None
) -> None:
    """Draws the film and prints its path. lend: has it draw with a model that is loaded already.

    Raises what prepare() and draw() do, and Exit where a signal stopped it.
    """
    output = wanted.output
    check_output(output)
    _check_embed(wanted)
    scratch = wanted.resume and wanted.frames is None
    film = find_film(output) if wanted.resume else None
    folder, manifest = _open_frames(Path(f"{output}.frames") if scratch else wanted.frames, wanted.resume)
    seed = manifest["input"]["seed"] if manifest else film.seed if film else None
    animation = prepare(raw, setup, seed=seed)
    if lend is not None:
        lend(animation)
    if folder is not None and manifest is not None:
        check_same(manifest, animation, folder.count())
    if film is not None and is_whole(film, animation, folder.count() if folder else 0):
        _say_finished(film, animation, folder if scratch else None, wanted)
        return
    collected = Sheet(animation, wanted.sheet)
    _try_sink(output, animation)
    if folder is not None:
        folder.write_manifest({**animation.manifest(), "weights": animation.weights, "keys": animation.keys})
    with _telling_what_is_kept(folder):
        report = draw(animation, output, folder, wanted.plain, collected.add)
    collected.save(folder)
    _write_subtitles(output, animation, wanted, report.frames)
    if scratch and folder is not None and report.complete:
        folder.delete()
    print(json.dumps(asdict(report)) if wanted.as_json else report.output, flush=True)
    exit_if_stopped(report)


def _check_embed(wanted: Wanted) -> None:
    """Raises InputError where nothing can be embedded."""
    if wanted.embed and wanted.subtitles is None:
        raise InputError("--embed", "puts --subtitles into a copy of the film; say which: params or prompts")
    if wanted.embed and wanted.output.suffix.lower() != ".mp4":
        raise InputError("--embed", f"puts subtitles into an .mp4; {wanted.output} is not one")


def _write_subtitles(film: Path, animation: Animation, wanted: Wanted, num_frames: int) -> None:
    if wanted.subtitles is None:
        return
    path = film.with_suffix(".srt")
    kind: Kind = wanted.subtitles.value
    try:
        path.write_text(subtitles_of(animation.plan, kind, num_frames), "utf-8")
    except OSError as error:
        raise VideoError(f"{path} cannot be written: {error.strerror}; {film} is whole") from None
    if wanted.embed:
        from dreamreel.video.captions import caption

        copy = film.with_name(f"{film.stem}.subtitled.mp4")
        caption(film, timed(animation.plan, kind, num_frames), copy)
        say(f"{copy} has the subtitles in it")


@contextlib.contextmanager
def _telling_what_is_kept(folder: FrameFolder | None) -> Iterator[None]:
    """Adds to the sentence on a full disk how it goes on when there is room."""
    try:
        yield
    except DiskFullError as error:
        way_out = "; no frame is kept: --resume or --frames keeps them"
        if folder is not None:
            way_out = f"; {folder.count()} frames are kept in {folder.folder}: make room and go on with --resume"
        raise DiskFullError(f"{error}{way_out}") from error


def _try_sink(path: Path, animation: Animation) -> None:
    """Raises VideoError unless the film can be written at its size; warns where it cannot play at its rate."""
    fps, canvas = animation.plan.input.fps, animation.plan.canvas
    check_output(path, fps, canvas.width, canvas.height)
    if (most := most_fps(path)) is not None and fps > most:
        say(
            f"Warning: fps: a gif plays at most {most} frames a second, so this one plays slower than {fps}; use {most}"
        )


def _say_finished(film: Film, animation: Animation, scratch: FrameFolder | None, wanted: Wanted) -> None:
    if wanted.sheet is not None:
        say(f"Warning: --sheet: nothing is drawn, so {wanted.sheet} is not there; `dreamreel check --sheet` draws one")
    _write_subtitles(film.path, animation, wanted, film.num_frames)
    if scratch is not None:
        scratch.delete()
    say(f"{film.path} is finished: all {film.num_frames} frames are there, nothing is left to draw")
    report = {"output": str(film.path), "frames": film.num_frames, "complete": True}
    known = {} if film.manifest is None else {"seed": animation.plan.seed, "model": film.manifest["title"]}
    print(json.dumps({**report, **known}) if wanted.as_json else film.path, flush=True)


def _open_frames(path: Path | None, resume: bool) -> tuple[FrameFolder | None, dict[str, Any] | None]:
    return (None, None) if path is None else open_folder(path, resume)
