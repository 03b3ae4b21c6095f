"""`dreamreel token`: keys to the service. Only their hashes are kept."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from dreamreel.cli.ends import end_of
from dreamreel.cli.exits import FAILURE, say
from dreamreel.cli.server_options import takes_settings
from dreamreel.cli.table import print_row
from dreamreel.errors import InputError
from dreamreel.predictions.accounts import LOCAL_OWNER, Token, digest_of, new_id, new_token_text
from dreamreel.settings import Settings

app = typer.Typer(help="Tokens: create, list and delete them.", no_args_is_help=True, add_completion=False)
_MINUTE = "%Y-%m-%d %H:%M"


@takes_settings("data", "database_url")
def create(
    settings: Settings,
    name: Annotated[str, typer.Option(help="Whose token it is.")] = "unnamed",
    expires: Annotated[
        str, typer.Option(metavar="WHEN", help="How long it works, such as 30d, 12h or 1d12h, or until which date.")
    ] = "never",
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Read-only: it can read everything and change nothing.")
    ] = False,
    account: Annotated[
        str,
        typer.Option(
            metavar="ID",
            help="A token whose predictions and files it opens, too, or `local` for those made without a token; "
            "otherwise it has an account of its own.",
        ),
    ] = "",
) -> None:
    """Make a token and print it, this once: only its hash is kept."""
    from dreamreel.cli.store import open_store

    now = datetime.now(UTC)
    ends = end_of(expires, now)
    store = open_store(settings)
    owner = _owner(account, store.tokens())
    text = new_token_text()
    token = Token(new_id(), name, digest_of(text), now, ends, read_only, owner)
    store.add_token(token)
    print(text)
    say("Store it now: it cannot be shown again.")
    if ends is not None:
        say(f"It works until {ends:{_MINUTE}} UTC.")
    if read_only and not owner:
        say("It only reads, and its account is new and empty: with --account it reads another token's predictions.")


def _owner(account: str, tokens: Sequence[Token]) -> str:
    """The owner that account names: by a token's id. Raises InputError."""
    if account in ("", LOCAL_OWNER):
        return account
    for token in tokens:
        if account in (token.id, token.owner):
            return token.owner
    raise InputError("account", f"there is no token {account}; `dreamreel token list` shows them")


@takes_settings("data", "database_url")
def list_tokens(settings: Settings) -> None:
    """List the tokens: id, when it was made, when it ends, what it may do, its account, its name."""
    from dreamreel.cli.store import open_store

    now = datetime.now(UTC)
    for token in open_store(settings).tokens():
        scope = "read-only" if token.read_only else "read-write"
        print_row(token.id, f"{token.created_at:{_MINUTE}}", _end(token, now), scope, token.account or "-", token.name)


def _end(token: Token, now: datetime) -> str:
    if token.expires_at is None:
        return "never expires"
    return f"{'expires' if token.is_valid(now) else 'expired'} {token.expires_at:{_MINUTE}}"


@takes_settings("data", "database_url")
def delete(
    settings: Settings,
    token_id: Annotated[str, typer.Argument(metavar="ID", help="From `dreamreel token list`.")],
) -> None:
    """Delete a token: it opens nothing any more. Its predictions stay."""
    from dreamreel.cli.store import open_store

    if not open_store(settings).delete_token(token_id):
        say(f"error: there is no token {token_id}; `dreamreel token list` shows their ids")
        raise typer.Exit(FAILURE)


app.command("create")(create)
app.command("list")(list_tokens)
app.command("delete")(delete)
