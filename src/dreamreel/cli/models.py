"""`dreamreel models`: which models are here, what they are, fetching more and removing them."""

import json
import shutil
import sys
from dataclasses import asdict, replace
from typing import Annotated, Any

import typer

from dreamreel.cli.exits import BAD_INPUT, exit_codes, say
from dreamreel.cli.table import visible_lines
from dreamreel.errors import InputError, ModelError
from dreamreel.models import catalog
from dreamreel.models.adapters.library import read_lora_file, said_of
from dreamreel.models.recognise import Identity, recognise
from dreamreel.models.sizes import disk_bytes, num_bytes

app = typer.Typer(
    help="The models that can draw: list them, inspect files, pull more, remove them.",
    no_args_is_help=True,
    add_completion=False,
)


@app.command("list")
def list_models(as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False) -> None:
    """List the shipped and the pulled models: what each was made for, where it lies, how large it is, what it is."""
    with exit_codes():
        for location in catalog.installed():
            try:
                facts = _facts(location)
            except ModelError as error:
                say(f"warning: {error}")
                continue
            print(json.dumps(facts) if as_json else _line(location, facts))


def _facts(location: catalog.Location) -> dict[str, Any]:
    """What people choose a model by, as JSON. Raises ModelError."""
    made_for = catalog.check(location)
    return {
        "name": location.name,
        "title": catalog.title(location),
        "path": str(location.path),
        "shipped": location.shipped,
        **{name: getattr(made_for, name) for name in ("width", "height", "steps", "cfg_scale", "sampler")},
        "disk_bytes": disk_bytes(location),
        "memory_bytes": {"float32": num_bytes(location, 4), "float16": num_bytes(location, 2)},
    }


def _line(location: catalog.Location, facts: dict[str, Any]) -> str:
    place = "shipped" if location.shipped else location.path
    size = f"{facts['disk_bytes'] / 1e9:.2f} GB"
    return f"{location.name}\t{_made_for(facts)}\t{place}\t{size}\t{visible_lines(facts['title'])}"


def _made_for(facts: dict[str, Any]) -> str:
    sampler = f", {facts['sampler']}" if facts["sampler"] else ""
    return f"{facts['width']}x{facts['height']}, {facts['steps']} steps, cfg {facts['cfg_scale']:g}{sampler}"


@app.command()
def inspect(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A file, a folder, or the name of a model.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Say what a file or folder is (a checkpoint, a LoRA, a VAE, a web page ...) and what to do with it.

    Runs nothing of it. What can be drawn with is read to its last weight. The exit code is 2 if it is of no known kind,
    damaged, or no weights at all.
    """
    with exit_codes():
        location = catalog.locate(path)
        identity = _examined(location)
        facts = _facts(location) if identity.can_draw else None
        if as_json:
            print(json.dumps({"path": str(location.path), **asdict(identity), "facts": facts}))
        else:
            lines = [f"{location.path} is {identity.title}", *identity.details, *_needs(facts), identity.advice]
            print(visible_lines("\n".join(lines)))
        if not identity.is_sound:
            raise typer.Exit(BAD_INPUT)


def _needs(facts: dict[str, Any] | None) -> list[str]:
    """What a model that can draw was made for, and what it takes, a line each."""
    if facts is None:
        return []
    full, half = (facts["memory_bytes"][name] / 1e9 for name in ("float32", "float16"))
    return [f"made for {_made_for(facts)}", f"takes {full:.2f} GB of memory in float32, {half:.2f} GB in float16"]


def _examined(location: catalog.Location) -> Identity:
    identity = recognise(location.path)
    try:
        if identity.kind == "lora" and location.path.is_file() and "motion" not in identity.title:
            lora = read_lora_file(location.path.stem, location.path)
            return replace(identity, details=(*identity.details, *said_of(lora)))
        if identity.can_draw:
            catalog.examine(location)
    except ModelError as error:
        return replace(identity, can_draw=False, is_sound=False, advice=str(error))
    return identity


@app.command()
def pull(
    model_id: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="A Stable Diffusion model on the hub.")],
) -> None:
    """Fetch a model from the Hugging Face hub, once; after that it works without a network."""
    from dreamreel.models.pull import pull as fetch

    with exit_codes():
        say(f"Fetching {model_id} (a few gigabytes; an interrupted download is resumed) ...")
        print(fetch(model_id))


@app.command()
def remove(
    model_id: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="A model that was pulled.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a pulled model's files. What lies elsewhere is not touched: delete it yourself."""
    with exit_codes():
        folder = catalog.removable(model_id)
        size = disk_bytes(catalog.Location(model_id, folder)) / 1e9
        if not yes:
            if not sys.stdin.isatty():
                raise InputError("--yes", f"is needed without a terminal: {folder} ({size:.2f} GB) would be deleted")
            typer.confirm(f"Delete {folder} ({size:.2f} GB)?", abort=True, err=True)
        shutil.rmtree(folder)
        print(f"{model_id} is removed: {size:.2f} GB are free again")
