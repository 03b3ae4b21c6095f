"""Options and request files -> the raw input, and the setup beside it."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dreamreel.animation.core import CFG_SCALE, HEIGHT, MODEL, STEPS, WIDTH
from dreamreel.animation.fields import FIELDS
from dreamreel.cli.exits import say
from dreamreel.cli.text_file import read_text, shown
from dreamreel.engine.rows import parse_rows
from dreamreel.errors import InputError
from dreamreel.models.catalog import in_folder
from dreamreel.rendering.previews import preview_vaes
from dreamreel.rendering.setup import Setup, checkpoints_in
from dreamreel.schedule.notes import quote
from dreamreel.settings import Settings


def read_request(path: Path | None) -> dict[str, Any]:
    """The inputs in a file, or on stdin for `-`: JSON of them, bare or under "input" as in a prediction's request, or
    whatever else is imported (importers/), of which stderr says what is not taken as it is.

    Raises InputError.
    """
    if path is None:
        return {}
    from dreamreel.cli.import_ import read_document, say_fates
    from dreamreel.importers.recognise import import_document, is_request

    document = read_document(path, "--input")
    if not is_request(document.json):
        imported = import_document(document.json, shown=shown(path), field="--input")
        imported.fates.note(document.notes())
        say_fates(imported)
        return dict(imported.input)
    if document.twice:
        twice = quote(document.twice[0])
        raise InputError("--input", f"{shown(path)} has {twice} twice in one object; keep one of them")
    for note in document.notes():
        say(f"Warning: --input: {note}")
    content = document.json
    assert isinstance(content, dict)
    if isinstance(inner := content.get("input"), dict):
        # Beside an input `model` is that of the HTTP API.
        beside = {name: value for name, value in content.items() if name in FIELDS and name != MODEL.name}
        content = beside | inner
    return dict(content)


def read_option(option: str, value: str) -> str:
    """A text given as an option: itself, or what the file holds that `@PATH` names. Raises InputError."""
    if not value.startswith("@"):
        return value
    try:
        return read_text(Path(value[1:]), option).strip()
    except InputError as error:
        raise InputError(option, f'{error.message}; "@" names a file; a blank before it makes it a word') from None


def parse_size(text: str | None) -> tuple[int | None, int | None]:
    """`512x320` -> (512, 320); (None, None) for none. Raises InputError."""
    if text is None:
        return None, None
    match = re.fullmatch(r"([0-9]{1,5})[xX×]([0-9]{1,5})", text.strip())
    if match is None:
        raise InputError("size", f'must be WIDTHxHEIGHT, such as 512x512, got "{text[:40]}"')
    return int(match[1]), int(match[2])


def make_setup(
    model: str,
    size: str | None,
    steps: int | None,
    cfg_scale: float | None,
    device: str,
    precision: str,
    rows: str = "auto",
    vae: str | None = None,
    lora_folder: str | None = None,
    embeddings: str | None = None,
    controlnet_folder: str | None = None,
) -> Setup:
    """The setup that the options describe. Raises InputError."""
    width, height = parse_size(size)
    parse_rows(rows)
    folders = {"--loras": lora_folder, "--embeddings": embeddings, "--controlnets": controlnet_folder}
    for option, folder in folders.items():
        if folder and not Path(folder).expanduser().is_dir():
            raise InputError(option, f"there is no folder {folder}")
    setup = Setup(model, width, height, steps, cfg_scale, device, precision, rows, vae=vae or "")
    return replace(setup, loras=lora_folder or "", embeddings=embeddings or "", controlnets=controlnet_folder or "")


def yield_to(raw: Mapping[str, Any], setup: Setup) -> dict[str, Any]:
    """raw without the inputs that an option of the setup goes before."""
    given = ((WIDTH, setup.width), (HEIGHT, setup.height), (STEPS, setup.steps), (CFG_SCALE, setup.cfg_scale))
    chosen = {field.name for field, value in given if value is not None}
    return {name: value for name, value in raw.items() if name not in chosen}


def setup_of(settings: Settings) -> Setup:
    """What the settings say of the models. Raises InputError, and ModelError for a folder without any."""
    first, *others = models_in(settings.model, settings.vae)
    setup = make_setup(
        first,
        settings.size or None,
        settings.steps or None,
        settings.cfg_scale or None,
        settings.device,
        settings.precision,
        settings.rows,
        settings.vae,
        settings.loras,
        settings.embeddings,
        settings.controlnets,
    )
    others += checkpoints_in(settings.checkpoint).values()
    preview_vaes(settings.preview_vae)
    return replace(setup, others=tuple(others), memory_gb=settings.memory_gb, preview_vae=settings.preview_vae)


def models_in(text: str, vae: str = "") -> list[str]:
    """The models that a setting names: with line breaks or commas between them, folders of models opened.

    vae: where one lies that all of them are drawn with.
    """
    is_one = not text or ("\n" not in text and Path(text).expanduser().exists())
    named = [text] if is_one else [name.strip() for name in re.split("\n" if "\n" in text else ",", text)]
    return list(dict.fromkeys(model for name in named if name for model in in_folder(name, vae))) or [text]
