"""`dreamreel predictions`: what a server is doing, and did."""

from typing import Annotated, Any

import typer

from dreamreel.cli.exits import FAILURE, exit_codes, say
from dreamreel.cli.remote import DEFAULT_URL, TOKEN, URL, connect
from dreamreel.cli.table import print_row, visible_json, visible_lines

app = typer.Typer(
    help="A server's predictions: list, get, cancel, label, delete, logs.", no_args_is_help=True, add_completion=False
)
ID = Annotated[str, typer.Argument(metavar="ID")]
PROMPTS_WIDTH = 60


@app.command("list")
def list_predictions(
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=100)] = 20,
    status: Annotated[
        list[str] | None,
        typer.Option(
            help="Only those that are starting, processing, succeeded, failed or canceled; may be given several times."
        ),
    ] = None,
    starred: Annotated[bool, typer.Option("--starred", help="Only those with a star.")] = False,
    tag: Annotated[
        list[str] | None, typer.Option(help="Only those with this tag; given several times, those with all of them.")
    ] = None,
    search: Annotated[str, typer.Option(metavar="WORDS", help="Only those with these words in name or prompts.")] = "",
    url: URL = DEFAULT_URL,
    token: TOKEN = "",
) -> None:
    """List the newest predictions: id, status, frames, when it was created, its name or its prompts."""
    narrowed: dict[str, Any] = {"status": status, "starred": starred or None, "tag": tag, "q": search}
    with exit_codes():
        for each in connect(url, token).list(limit, **{name: value for name, value in narrowed.items() if value}):
            title = str(each.get("name") or each["input"].get("animation_prompts", ""))[:PROMPTS_WIDTH]
            frames = each["metrics"].get("frames", 0)
            print_row(each["id"], each["status"], frames, each["created_at"][:19], title)


@app.command()
def get(prediction_id: ID, url: URL = DEFAULT_URL, token: TOKEN = "") -> None:
    """Print a prediction as JSON."""
    with exit_codes():
        print(visible_json(connect(url, token).get(prediction_id)))


@app.command()
def cancel(prediction_id: ID, url: URL = DEFAULT_URL, token: TOKEN = "") -> None:
    """Cancel a prediction and print its status."""
    with exit_codes():
        print(connect(url, token).cancel(prediction_id)["status"])


@app.command()
def label(
    prediction_id: ID,
    name: Annotated[str | None, typer.Option(help="Its name; an empty text removes it.")] = None,
    star: Annotated[bool | None, typer.Option("--star/--no-star", help="Whether it has a star.")] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(
            help="A tag; may be given several times, and replaces the tags it has. An empty one removes them."
        ),
    ] = None,
    url: URL = DEFAULT_URL,
    token: TOKEN = "",
) -> None:
    """Name, star or tag a prediction; what is not said stays as it is."""
    tags = None if tag is None else [each for each in tag if each]
    given = {"name": name, "starred": star, "tags": tags}
    with exit_codes():
        labeled = connect(url, token).label(
            prediction_id, {key: value for key, value in given.items() if value is not None}
        )
        star_shown = "*" if labeled.get("starred") else ""
        print_row(labeled["id"], star_shown, labeled.get("name", ""), ", ".join(labeled.get("tags", ())))


@app.command()
def delete(
    prediction_ids: Annotated[list[str], typer.Argument(metavar="ID...")],
    cancel: Annotated[bool, typer.Option("--cancel", help="Cancel it first if it has not ended.")] = False,
    url: URL = DEFAULT_URL,
    token: TOKEN = "",
) -> None:
    """Delete predictions that have ended, with their videos and frames, for good. Prints the ids."""
    with exit_codes():
        client = connect(url, token)
        for prediction_id in prediction_ids:
            if cancel:
                client.end(prediction_id)
            client.delete(prediction_id)
            print_row(prediction_id)


@app.command()
def logs(
    prediction_id: ID,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Follow it until it has ended.")] = False,
    url: URL = DEFAULT_URL,
    token: TOKEN = "",
) -> None:
    """Print a prediction's logs; with -f as they come."""
    with exit_codes():
        client = connect(url, token)
        prediction = client.get(prediction_id)
        if not follow:
            print(visible_lines(prediction["logs"]), end="")
            return
        for event in client.follow(prediction):
            if event.name == "log":
                print(visible_lines(event.data["text"]), end="", flush=True)
            elif event.name == "done" and event.data["status"] != "succeeded":
                say(event.data["error"] or event.data["status"])
                raise typer.Exit(FAILURE)
