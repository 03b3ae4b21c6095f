"""`dreamreel token`: keys to the service. Only their hashes are kept."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from dreamreel.cli.exits import FAILURE, say
from dreamreel.cli.server_options import takes_settings
from dreamreel.cli.table import print_row
from dreamreel.predictions.accounts import Token, digest_of, new_id, new_token_text
from dreamreel.settings import Settings

app = typer.Typer(help="Tokens: create, list and delete them.", no_args_is_help=True)


@takes_settings("data", "database_url")
def create(
    settings: Settings,
    name: Annotated[str, typer.Option(help="Whom it is for.")],
) -> None:
    """Make a token and print it, this once: only its hash is kept."""
    from dreamreel.cli.store import open_store

    text = new_token_text()
    open_store(settings).add_token(Token(new_id(), name, digest_of(text), datetime.now(UTC)))
    print(text)
    say("Keep it well: it cannot be shown again.")


@takes_settings("data", "database_url")
def list_tokens(settings: Settings) -> None:
    """List the tokens: id, when it was made, whom it is for."""
    from dreamreel.cli.store import open_store

    for token in open_store(settings).tokens():
        print_row(token.id, f"{token.created_at:%Y-%m-%d %H:%M}", token.name)


@takes_settings("data", "database_url")
def delete(
    settings: Settings,
    token_id: Annotated[str, typer.Argument(metavar="ID", help="From `dreamreel token list`.")],
) -> None:
    """Delete a token: it opens nothing any more. Its predictions stay."""
    from dreamreel.cli.store import open_store

    if not open_store(settings).delete_token(token_id):
        say(f"error: there is no token {token_id}")
        raise typer.Exit(FAILURE)


app.command("create")(create)
app.command("list")(list_tokens)
app.command("delete")(delete)
