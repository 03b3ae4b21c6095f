"""The options of commands that talk to a server, and the client behind them."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dreamreel.cli.client import Client

URL = Annotated[
    str, typer.Option("--url", envvar="DREAMREEL_URL", help="The server.", show_default="http://127.0.0.1:8000")
]
TOKEN = Annotated[str, typer.Option("--token", envvar="DREAMREEL_TOKEN", help="A token, if the server wants one.")]
DEFAULT_URL = "http://127.0.0.1:8000"


def connect(url: str, token: str) -> "Client":
    """A client of the server at url."""
    from dreamreel.cli.client import Client

    return Client(url, token)
