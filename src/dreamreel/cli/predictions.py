"""`dreamreel predictions`: what a server is doing."""

import json
from typing import Annotated

import typer

from dreamreel.cli.exits import FAILURE, exit_codes, say
from dreamreel.cli.remote import DEFAULT_URL, TOKEN, URL, connect

app = typer.Typer(help="A server's predictions: list, get, cancel, logs.", no_args_is_help=True)
ID = Annotated[str, typer.Argument(metavar="ID")]


@app.command("list")
def list_predictions(
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=100)] = 20,
    url: URL = DEFAULT_URL,
    token: TOKEN = "",
) -> None:
    """List the newest predictions: id, status, frames, when it was created, its prompts."""
    with exit_codes():
        for each in connect(url, token).list(limit):
            prompts = str(each["input"].get("animation_prompts", ""))[:60]
            frames = each["metrics"]["frames"]
            print(f"{each['id']}\t{each['status']}\t{frames}\t{each['created_at'][:19]}\t{prompts}")


@app.command()
def get(prediction_id: ID, url: URL = DEFAULT_URL, token: TOKEN = "") -> None:
    """Print a prediction as JSON."""
    with exit_codes():
        print(json.dumps(connect(url, token).get(prediction_id), indent=2, ensure_ascii=False))


@app.command()
def cancel(prediction_id: ID, url: URL = DEFAULT_URL, token: TOKEN = "") -> None:
    """Cancel a prediction and print its status."""
    with exit_codes():
        print(connect(url, token).cancel(prediction_id)["status"])


@app.command()
def logs(
    prediction_id: ID,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Until the prediction has ended.")] = False,
    url: URL = DEFAULT_URL,
    token: TOKEN = "",
) -> None:
    """Print a prediction's logs; with -f as they come."""
    with exit_codes():
        client = connect(url, token)
        prediction = client.get(prediction_id)
        if not follow:
            print(prediction["logs"], end="")
            return
        for event in client.follow(prediction):
            if event.name == "log":
                print(event.data["text"], end="", flush=True)
            elif event.name == "done" and event.data["status"] != "succeeded":
                say(event.data["error"] or event.data["status"])
                raise typer.Exit(FAILURE)
