"""`dreamreel worker`: one process that draws; `serve` starts its own."""

import os
import socket
from typing import Annotated

import typer

from dreamreel.cli.server_options import takes_settings
from dreamreel.settings import Settings

app = typer.Typer(add_completion=False)

DRAWING = (
    *("data", "database_url", "files_url"),
    *("model", "vae", "preview_vae", "loras", "embeddings", "controlnets", "memory_gb"),
    *("size", "steps", "cfg_scale", "device", "precision", "rows"),
)

TERMS = ("threads", "slots", "lease_s", "stall_s", "max_attempts")


@app.command()
@takes_settings(*DRAWING, *TERMS, "log_format")
def worker(
    settings: Settings,
    worker_id: Annotated[str, typer.Option("--id", help="Name of the worker; generated if empty.")] = "",
    hints: Annotated[bool, typer.Option("--hints", help="Exchange hints with a server on stdin and stdout.")] = False,
) -> None:
    """Draw predictions of a data folder or a database until SIGTERM; then finish the frames that are begun."""
    from dreamreel.animation.views import VERSIONS
    from dreamreel.cli.request import setup_of
    from dreamreel.logs import set_up_logs
    from dreamreel.processes.worker_main import Place, run_worker
    from dreamreel.workers.loop import Terms

    worker_id = worker_id or f"{socket.gethostname()}-{os.getpid()}"
    set_up_logs(settings.log_format, worker_id)
    terms = Terms(VERSIONS, **{name: getattr(settings, name) for name in TERMS})
    place = Place(settings.data, settings.database_url, settings.files_url)
    run_worker(place, setup_of(settings), terms, worker_id, hints)
