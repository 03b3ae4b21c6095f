"""`dreamreel models`: which models are here, and fetching more."""

from typing import Annotated

import typer

from dreamreel.cli.exits import exit_codes, say
from dreamreel.errors import ModelError
from dreamreel.models import catalog

app = typer.Typer(help="The models that can draw: list them, pull more.", no_args_is_help=True)


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
def pull(
    model_id: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="A Stable Diffusion 1.x model on the hub.")],
) -> None:
    """Fetch a model from the Hugging Face hub, once; after that it works without a network."""
    from dreamreel.models.pull import pull as fetch

    with exit_codes():
        say(f"Fetching {model_id} (a few gigabytes; an interrupted download is resumed) ...")
        print(fetch(model_id))
