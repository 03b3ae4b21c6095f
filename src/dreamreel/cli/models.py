"""`dreamreel models`: which models are here, and fetching more."""

import json
from dataclasses import asdict, replace
from typing import Annotated

import typer

from dreamreel.cli.exits import BAD_INPUT, exit_codes, say
from dreamreel.cli.table import visible_lines
from dreamreel.errors import ModelError
from dreamreel.models import catalog
from dreamreel.models.recognise import Identity, recognise

app = typer.Typer(
    help="The models that can draw: list them, inspect files, pull more.", no_args_is_help=True, add_completion=False
)


@app.command("list")
def list_models() -> None:
    """List the shipped and the pulled models, with the size, steps and guidance each was made for, and what it is."""
    with exit_codes():
        for location in catalog.installed():
            try:
                defaults = catalog.check(location)
            except ModelError as error:
                say(f"warning: {error}")
                continue
            place = "shipped" if location.shipped else location.path
            print(
                f"{location.name}\t{defaults.width}x{defaults.height}, {defaults.steps} steps, "
                f"cfg {defaults.cfg_scale:g}\t{place}\t{catalog.title(location)}"
            )


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
        if as_json:
            print(json.dumps({"path": str(location.path), **asdict(identity)}))
        else:
            lines = [f"{location.path} is {identity.title}", *identity.details, identity.advice]
            print(visible_lines("\n".join(lines)))
        if not identity.is_sound:
            raise typer.Exit(BAD_INPUT)


def _examined(location: catalog.Location) -> Identity:
    identity = recognise(location.path)
    if identity.can_draw:
        try:
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
