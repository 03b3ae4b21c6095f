"""The options of `serve`, `worker` and `token`, made from the table of settings: `takes_settings`."""

import inspect
from collections.abc import Callable
from dataclasses import Field, fields
from pathlib import Path
from typing import Annotated, Any

import typer

from dreamreel.cli.exits import exit_codes
from dreamreel.settings import PREFIX, Settings, load


def takes_settings(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a command that takes `settings` an option for each of names, or for every setting.

    What is not given comes from the environment. Errors of ours become exit codes (exits.py).
    """
    chosen = [each for each in fields(Settings) if not names or each.name in names]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        def run(**values: Any) -> None:
            with exit_codes():
                given = {each.name: values.pop(each.name) for each in chosen}
                given |= {name: "\n".join(value) or None for name, value in given.items() if isinstance(value, list)}
                settings = load(**{name: value for name, value in given.items() if value is not None})
                command(settings=settings, **values)

        own = [each for each in inspect.signature(command).parameters.values() if each.name != "settings"]
        shared = [
            inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_annotation(each))
            for each in chosen
        ]
        parameters = [*own, *shared]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        run.__name__, run.__doc__ = command.__name__, command.__doc__
        return run

    return decorate


def _annotation(setting: Field[object]) -> object:
    flag = "--" + setting.name.replace("_", "-")
    shown = "" if setting.default == "" else f" \\[default: {str(setting.default).lower()}]"
    help_text = f"{setting.metadata['help']}{shown} ({PREFIX}{setting.name.upper()})"
    panel = setting.metadata["group"]
    if setting.type is bool:
        return Annotated[bool | None, typer.Option(f"{flag}/--no-{flag[2:]}", help=help_text, rich_help_panel=panel)]
    if setting.metadata["several"]:
        return Annotated[list[str] | None, typer.Option(flag, help=help_text, rich_help_panel=panel, metavar="TEXT")]
    # Numbers come as text, so that one parser words every error.
    kind = Path | None if setting.type is Path else str | None
    metavars: dict[object, str] = {int: "N", float: "X", Path: "DIR"}
    metavar = metavars.get(setting.type, "TEXT")
    return Annotated[kind, typer.Option(flag, help=help_text, rich_help_panel=panel, metavar=metavar)]
