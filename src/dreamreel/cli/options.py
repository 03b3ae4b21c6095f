"""The options that several commands share, made from the table of inputs: `takes_animation`."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from dreamreel.animation.core import MODEL
from dreamreel.animation.field import Field
from dreamreel.animation.fields import FIELDS
from dreamreel.animation.refusals import between
from dreamreel.animation.views import SEED
from dreamreel.cli.exits import exit_codes
from dreamreel.cli.request import make_setup, read_option, read_request, yield_to

DEFAULT_MODEL = "builtin"
_FLAGS = {"animation_prompts": ("--prompts", "-p"), "max_frames": ("-n",)}
# Whose own names are the setup's options, for the folders in which they lie.
_OTHERWISE = {"loras": "--lora", "controlnets": "--controlnet"}
_SETUP_PANEL = "Model"
_SETUP: dict[str, tuple[Any, Any]] = {
    "model": (
        None,
        Annotated[
            str | None,
            typer.Option(
                metavar="NAME|PATH",
                help="builtin, a diffusers folder, a checkpoint file, or the hub id of a pulled model "
                "\\[default: the request's, or builtin]",
                rich_help_panel=_SETUP_PANEL,
            ),
        ],
    ),
    "vae": (
        None,
        Annotated[
            str | None,
            typer.Option(
                metavar="PATH",
                help="File or folder of a VAE that draws instead of the model's own.",
                rich_help_panel=_SETUP_PANEL,
            ),
        ],
    ),
    "lora_folder": (
        None,
        Annotated[
            str | None,
            typer.Option(
                "--loras",
                metavar="DIR",
                help="Folder of LoRAs, which prompts and --lora name.",
                rich_help_panel=_SETUP_PANEL,
            ),
        ],
    ),
    "embeddings": (
        None,
        Annotated[
            str | None,
            typer.Option(metavar="DIR", help="Folder of textual inversion embeddings.", rich_help_panel=_SETUP_PANEL),
        ],
    ),
    "controlnet_folder": (
        None,
        Annotated[
            str | None,
            typer.Option(
                "--controlnets",
                metavar="DIR",
                help="Folder of ControlNets, which --controlnet names.",
                rich_help_panel=_SETUP_PANEL,
            ),
        ],
    ),
    "size": (
        None,
        Annotated[
            str | None,
            typer.Option(metavar="WxH", help="Pixels \\[default: the model's]", rich_help_panel=_SETUP_PANEL),
        ],
    ),
    "steps": (
        None,
        Annotated[
            int | None,
            typer.Option(
                help="Sampler steps of a frame drawn from nothing (between 1 and 1000) \\[default: the model's]",
                rich_help_panel=_SETUP_PANEL,
            ),
        ],
    ),
    "cfg_scale": (
        None,
        Annotated[
            float | None,
            typer.Option(
                help="Guidance towards the prompt (between -1000 and 1000) \\[default: the model's]",
                rich_help_panel=_SETUP_PANEL,
            ),
        ],
    ),
    "device": (
        "auto",
        Annotated[str, typer.Option(help="auto, cuda, cuda:1, mps or cpu.", rich_help_panel=_SETUP_PANEL)],
    ),
    "precision": (
        "auto",
        Annotated[str, typer.Option(help="auto, float32, float16 or bfloat16.", rich_help_panel=_SETUP_PANEL)],
    ),
    "rows": (
        "auto",
        Annotated[
            str,
            typer.Option(
                metavar="auto|N",
                help="Rows of one network call; other rows may change the last bits of frames.",
                rich_help_panel=_SETUP_PANEL,
            ),
        ],
    ),
}
_REQUEST = Annotated[
    Path | None,
    typer.Option(
        "--input", "-i", metavar="FILE", help="JSON file of inputs by name, - for stdin; options override it."
    ),
]


def takes_animation(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command that takes `raw` and `setup` the options which describe an animation.

    raw: inputs by wire name, from --input and an option for each row of fields.FIELDS. setup: a
    workers.rendering.Setup. Errors of ours inside the command become exit codes (exits.py).
    """

    def run(**values: Any) -> None:
        with exit_codes():
            chosen = {name: values.pop(name) for name in _SETUP}
            raw = _take_raw(values)
            if (model := chosen.pop("model")) is not None:
                raw.pop(MODEL.name, None)
            elif isinstance(named := raw.get(MODEL.name), str):
                model = named
            setup = make_setup(model or DEFAULT_MODEL, **chosen)
            command(raw=yield_to(raw, setup), setup=setup, **values)

    return _with_parameters(run, command, [*_inputs(FIELDS), *_setup()])


def takes_inputs(command: Callable[..., None]) -> Callable[..., None]:
    """The same for a command that takes `raw` alone: the server chooses the model."""

    def run(**values: Any) -> None:
        with exit_codes():
            command(raw=_take_raw(values), **values)

    return _with_parameters(run, command, _inputs(SEED.view.fields))


def _take_raw(values: dict[str, Any]) -> dict[str, Any]:
    given = {name: values.pop(name) for name in FIELDS if name in values}
    request = read_request(values.pop("request"))
    texts = {name for name, field in FIELDS.items() if field.has_syntax}
    read = {name: read_option(name, value) for name, value in given.items() if value is not None and name in texts}
    return {**request, **{name: value for name, value in given.items() if value is not None}, **read}


def _with_parameters(
    run: Callable[..., None], command: Callable[..., None], shared: Iterable[inspect.Parameter]
) -> Callable[..., None]:
    """run in the shape that typer reads: command's own parameters, but raw and setup, and the shared ones."""
    own = [each for each in inspect.signature(command).parameters.values() if each.name not in ("raw", "setup")]
    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in [*own, *shared]]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run


def _inputs(fields: Mapping[str, Field]) -> Iterator[inspect.Parameter]:
    kind = inspect.Parameter.KEYWORD_ONLY
    yield inspect.Parameter("request", kind, default=None, annotation=_REQUEST)
    for name, field in fields.items():
        if name in _SETUP:  # which is an option of the setup's
            continue
        value_type = bool | None if field.kind == "boolean" else str | None
        yield inspect.Parameter(name, kind, default=None, annotation=Annotated[value_type, _option(field)])


def _setup() -> Iterator[inspect.Parameter]:
    for name, (default, annotation) in _SETUP.items():
        yield inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _option(field: Field) -> object:
    flag = _OTHERWISE.get(field.name, "--" + field.name.replace("_", "-"))
    names = [f"{flag}/--no-{flag[2:]}"] if field.kind == "boolean" else [flag, *_FLAGS.get(field.name, ())]
    panel = "Input" if field.name in SEED.originals else "More inputs (not in Replicate's API)"
    # Numbers come as text, so that one parser words every error.
    metavar = field.type.upper()
    return typer.Option(*names, help=_help(field), show_default=False, metavar=metavar, rich_help_panel=panel)


def _help(field: Field) -> str:
    text = field.help.removesuffix(".")
    if field.choices:
        text += ": " + ", ".join(field.choices)
    if field.type != "string" and field.minimum is not None:
        text += f" ({between(field)})"
    if field.default is not None:
        text += f" [default: {str(field.default).lower() if field.kind == 'boolean' else field.default}]"
    return text.replace("[", "\\[")
