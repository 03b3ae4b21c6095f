"""`dreamreel prune`: removes what is kept no longer, now; `serve` does the same every minute."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from dreamreel.cli.exits import say
from dreamreel.cli.server_options import takes_settings
from dreamreel.settings import Settings

app = typer.Typer(add_completion=False)


@app.command()
@takes_settings("data", "database_url", "files_url", "keep_hours", "keep_frames_hours")
def prune(
    settings: Settings,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
) -> None:
    """Remove the data of predictions past their retention time, and expired uploads.

    Prints what was removed: its kind, its id, its size in bytes.
    """
    from dreamreel.cli.store import open_kept_files, open_store
    from dreamreel.storage.retention import ALL, keeping_of, sweep

    keeping = keeping_of(settings.keep_hours, settings.keep_frames_hours)
    total = 0
    store, files = open_store(settings), open_kept_files(settings)
    for removal in sweep(store, files, keeping, datetime.now(UTC), dry_run, ALL):
        print(f"{removal.what}\t{removal.id}\t{removal.size}")
        total += removal.size
    say(f"{'would free' if dry_run else 'freed'} {total / 1e6:.1f} MB")
