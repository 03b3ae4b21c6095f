"""The commands by name: each one's module is imported when it is asked for, and no other's."""

from importlib import import_module
from keyword import iskeyword
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

# Name -> the first sentence of its help. The module of that name has its `app`.
SENTENCES = {
    "demo": "Start the service, post the model's own example, save its video, and stop the service.",
    "render": "Render an animation to a video; with --batch one of each file.",
    "import": "Turn a settings file of another program into a request, and report what became of each key.",
    "export": (
        "Write an animation as a file of another program: settings of the extension, a Parseq manifest, subtitles."
    ),
    "check": "Check an animation without drawing it: what is wrong, what would happen in each frame.",
    "verify": "Draw a video again from its own manifest, and compare every frame.",
    "predict": "Post a prediction to a server; with --follow watch it and save its video.",
    "serve": "Serve the Replicate-compatible API on http://127.0.0.1:8000, with the workers that draw.",
    "worker": "Draw predictions of a data folder or a database until SIGTERM; then finish the frames that are begun.",
    "migrate": "Make or update the tables of the database, and print the schema's number.",
    "prune": "Remove the data of predictions past their retention time, and expired uploads.",
    "bench": "Measure frames per second, the engine's overhead, and the share of what the machine can do.",
    "doctor": "Report the device that draws, whether its fast paths are right, how fast each is, and what to change.",
    "models": "The models that can draw: list them, inspect files, pull more, remove them.",
    "predictions": "A server's predictions: list, get, cancel, label, delete, logs.",
    "token": "Tokens: create, list and delete them.",
    "webhooks": "Webhooks of a data folder: list them, retry one, replace a signing key.",
}


class Commands(TyperGroup):
    """A group that shows its commands by their sentences, and loads the one that is run or completed."""

    def __init__(self, **settings: Any) -> None:
        shown = {name: TyperCommand(name, help=sentence) for name, sentence in SENTENCES.items()}
        super().__init__(**{**settings, "commands": shown})

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """As the base class, with the real command."""
        name, shown, rest = super().resolve_command(ctx, args)
        return name, shown if name is None else load(name), rest


def load(name: str) -> Any:
    """The command, or the group of commands, of that name."""
    module = f"{name}_" if iskeyword(name) else name
    command = typer.main.get_command(import_module(f"dreamreel.cli.{module}").app)
    command.name = name
    return command
