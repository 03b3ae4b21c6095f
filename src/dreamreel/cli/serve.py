"""`dreamreel serve`: the prediction service, with its workers."""

import typer

from dreamreel.cli.server_options import takes_settings
from dreamreel.settings import Settings

app = typer.Typer(add_completion=False)


@app.command()
@takes_settings()
def serve(settings: Settings) -> None:
    """Serve the Replicate-compatible API on http://127.0.0.1:8000, with the workers that draw.

    Every option can also be set in the environment. SIGTERM and Ctrl+C let the workers finish their
    frames in hand; unfinished predictions go on at the next start.
    """
    from dreamreel.cli.server import run_server
    from dreamreel.logs import set_up_logs

    set_up_logs(settings.log_format)
    run_server(settings)
