"""Several films in one command: `dreamreel render --batch a.txt b.txt folder/`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path

import typer

from dreamreel.animation.core import MODEL
from dreamreel.cli.exits import FAILURE, say
from dreamreel.cli.film import Wanted, named, render_film
from dreamreel.cli.request import read_request, yield_to
from dreamreel.cli.text_file import STDIN
from dreamreel.errors import DreamreelError, InputError
from dreamreel.rendering.kept_model import KeptModel
from dreamreel.rendering.setup import Setup

# In a folder, what may describe an animation; videos only if they say what they were made from.
_ENDINGS = (".json", ".txt")


@dataclass(frozen=True)
class Film:
    """One film of a batch. source: the file that describes it. name: of it among the others. wanted: what is made."""

    source: Path
    name: str
    wanted: Wanted


def batch_of(files: Sequence[Path], output: Path | None, wanted: Wanted) -> list[Film]:
    """The films of files, in which folders stand for the files in them. output: how they are called.

    Raises InputError if there is none, or if they would overwrite each other.
    """
    pattern = output or Path("{name}.mp4")
    if wanted.frames is not None or wanted.sheet is not None:
        raise InputError("--batch", "draws many films; --frames and --sheet belong to one")
    sources = list(_opened(files))
    if not sources:
        raise InputError("--batch", "needs files, such as a.txt b.json folder/")
    if len(sources) > 1 and "{name}" not in str(pattern):
        raise InputError("--output", f"{pattern} is one file for {len(sources)} films; write {{name}} in it")
    names: list[str] = []
    for source in sources:
        numbered = (f"{source.stem}-{number}" for number in count(2))
        names.append(next(name for name in chain([source.stem], numbered) if name not in names))
    return [Film(source, name, replace(wanted, output=pattern)) for source, name in zip(sources, names, strict=True)]


def _opened(files: Sequence[Path]) -> Iterator[Path]:
    for path in files:
        if path == STDIN:
            raise InputError("--batch", "takes files; what comes on stdin is --input -")
        if not path.is_dir():
            yield path
        else:
            yield from sorted(each for each in path.iterdir() if each.suffix.lower() in _ENDINGS)


def render_batch(films: Sequence[Film], raw: Mapping[str, object], setup: Setup, has_model: bool) -> None:
    """Renders each film in turn. raw: inputs given beside the files, which win. has_model: whether an option names the
    model, which wins too.

    What is wrong with one is said, and the next begins. Exits with 1 at the end if one failed.
    """
    failed: dict[str, str] = {}
    kept = KeptModel()
    for number, film in enumerate(films, start=1):
        say(f"[{number}/{len(films)}] {film.source}")
        try:
            _render(film, raw, setup, has_model, kept)
        except DreamreelError as error:
            failed[str(film.source)] = str(error)
            say(f"error: {error}")
    losses = f", {len(failed)} failed:" if failed else ""
    say(f"{len(films) - len(failed)} of {len(films)} films are finished{losses}")
    for source, sentence in failed.items():
        say(f"  {source}: {sentence}")
    if failed:
        raise typer.Exit(FAILURE)


def _render(film: Film, raw: Mapping[str, object], setup: Setup, has_model: bool, kept: KeptModel) -> None:
    request = yield_to({**read_request(film.source), **raw}, setup)
    if has_model:
        request.pop(MODEL.name, None)
    elif isinstance(model := request.get(MODEL.name), str):
        setup = replace(setup, model=model)
    path, request = named(film.wanted.output, film.name, request, film.wanted.resume)
    render_film(request, setup, replace(film.wanted, output=path), kept.lend)
