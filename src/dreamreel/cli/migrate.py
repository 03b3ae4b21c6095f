"""`dreamreel migrate`: brings a database's schema up to this version."""

import typer

from dreamreel.cli.exits import say
from dreamreel.cli.server_options import takes_settings
from dreamreel.settings import Settings

app = typer.Typer(add_completion=False)


@app.command()
@takes_settings("data", "database_url")
def migrate(settings: Settings) -> None:
    """Make or update the tables of the database, and print the schema's number.

    A file in the data folder needs none of this: `serve` updates it. A schema that is newer than this
    version of dreamreel is refused and left as it is.
    """
    from dreamreel.cli.store import make_data_folder
    from dreamreel.storage.database import migrate as bring_up
    from dreamreel.storage.database import open_engine, sqlite_url

    make_data_folder(settings)
    engine = open_engine(settings.database_url or sqlite_url(settings.data))
    print(bring_up(engine))
    say("the schema is up to date")
