"""`dreamreel webhooks`: what was delivered, what was not, and the keys."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from dreamreel.cli.exits import FAILURE, say
from dreamreel.cli.server_options import takes_settings
from dreamreel.cli.table import print_row
from dreamreel.errors import InputError
from dreamreel.predictions.accounts import LOCAL_OWNER
from dreamreel.settings import Settings
from dreamreel.webhooks.outbox import STATES
from dreamreel.webhooks.receivers import without_password

app = typer.Typer(
    help="Webhooks of a data folder: list them, retry one, replace a signing key.",
    no_args_is_help=True,
    add_completion=False,
)


@takes_settings("data", "database_url")
def list_webhooks(
    settings: Settings,
    state: Annotated[str, typer.Option(help="active, done or 'given up'; all if empty.")] = "",
    limit: Annotated[int, typer.Option(help="How many.")] = 100,
) -> None:
    """List deliveries: prediction, state, messages that arrived, those given up, tries of this one, receiver, error."""
    from dreamreel.cli.store import open_store

    if state and state not in STATES:
        raise InputError("state", f'must be one of active, done and "given up", got "{state[:40]}"')
    outbox = open_store(settings).outbox()
    for row in outbox.deliveries(state or None, limit):
        counts = (row.delivered, row.dropped, row.tries)
        print_row(row.prediction_id, row.state, *counts, without_password(row.url), row.last_error or "")
    say(", ".join(f"{count} {name}" for name, count in outbox.counts().items()))


@takes_settings("data", "database_url")
def retry(settings: Settings, prediction_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Try again now what was given up, or waits for its next try."""
    from dreamreel.cli.store import open_store

    if not open_store(settings).outbox().retry_delivery(prediction_id, datetime.now(UTC)):
        say(f"error: prediction {prediction_id} has nothing to deliver")
        raise typer.Exit(FAILURE)


@takes_settings("data", "database_url")
def rotate(
    settings: Settings,
    owner: Annotated[str, typer.Option(help="Id of a token; the local account if left out.")] = LOCAL_OWNER,
) -> None:
    """Replace the signing key of an account and print the new one; for a day the old one signs as well."""
    from dreamreel.cli.store import open_store
    from dreamreel.predictions.service import PredictionService

    print(PredictionService(open_store(settings)).rotate_webhook_secret(owner))


app.command("list")(list_webhooks)
app.command("retry")(retry)
app.command("rotate")(rotate)
