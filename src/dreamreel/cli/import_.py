"""`dreamreel import`: whatever describes an animation -> a request, and what became of each of its keys."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from dreamreel.cli.exits import exit_codes, say
from dreamreel.cli.text_file import STDIN, read_bytes, shown
from dreamreel.errors import InputError
from dreamreel.importers.fates import Imported
from dreamreel.importers.reading import MOST_BYTES
from dreamreel.importers.recognise import Document, film_manifest, import_document, is_film, parse_file

app = typer.Typer(add_completion=False)


@app.command()
def import_file(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Settings of the A1111 extension or of a notebook, a Parseq manifest, a prediction's JSON, "
            "a manifest or an mp4 of ours, a request; - for stdin.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Also save the request here, for --input of the others."),
    ] = None,
) -> None:
    """Turn a settings file of another program into a request, and report what became of each key.

    Prints JSON: `input` is the request, and each key is in `used`, `changed`, `unsupported` or `inert`.
    """
    with exit_codes():
        document = read_document(file, "FILE")
        imported = import_document(document.json, shown=shown(file), field="FILE")
        imported.fates.note(document.notes())
        if output is not None:
            _save(output, imported)
        say_fates(imported, imported.remarks)
        print(json.dumps(imported.document(), ensure_ascii=False, indent=2), flush=True)


def read_document(path: Path, option: str) -> Document:
    """What the file at path holds, or stdin for `-`; of an mp4 what it says of itself. Raises InputError."""
    if path != STDIN:
        try:
            with path.open("rb") as file:
                if is_film(file.read(12)):
                    return Document(film_manifest(file, str(path), option))
        except OSError as error:
            raise InputError(option, f"{path} cannot be read: {error.strerror}") from None
    return parse_file(read_bytes(path, option, MOST_BYTES), shown(path), option)


def say_fates(imported: Imported, remarks: Iterable[str] = ()) -> None:
    """What a person should know: how many keys were taken, and each that was not taken as it is."""
    fates = imported.fates
    used, changed, missing, inert = (len(fates.of(fate)) for fate in ("used", "changed", "unsupported", "inert"))
    say(f"{imported.kind}: {used} keys used, {changed} changed, {missing} not supported, {inert} without effect")
    for key, sentence in fates.of("changed").items():
        say(f"Changed: {key}: {sentence}")
    for key, sentence in fates.of("unsupported").items():
        say(f"Not supported: {key}: {sentence}")
    for note in (*fates.notes, *remarks):
        say(f"Note: {note}")


def _save(path: Path, imported: Imported) -> None:
    text = json.dumps({"input": imported.input}, ensure_ascii=False, indent=2)
    try:
        path.write_text(f"{text}\n", "utf-8")
    except OSError as error:
        raise InputError("--output", f"{path} cannot be written: {error.strerror}") from None
