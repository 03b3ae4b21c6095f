"""`dreamreel predict`: the same as render, done by a server."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dreamreel.animation.views import ANIMATE, SEED
from dreamreel.cli.animation_command import AnimationCommand
from dreamreel.cli.exits import FAILURE, INTERRUPTED, say
from dreamreel.cli.options import takes_inputs
from dreamreel.cli.progress import Bar
from dreamreel.cli.remote import DEFAULT_URL, TOKEN, URL, connect

if TYPE_CHECKING:
    from dreamreel.cli.client import Client, StreamEvent

app = typer.Typer(add_completion=False)


@app.command(cls=AnimationCommand)
@takes_inputs
def predict(
    raw: dict[str, Any],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to save the video, with --follow.")
    ] = Path("out.mp4"),
    follow: Annotated[bool, typer.Option("--follow/--no-follow", "-f", help="Watch it and save the video.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Log lines instead of a progress bar.")] = False,
    url: URL = DEFAULT_URL,
    token: TOKEN = "",
) -> None:
    """Post a prediction to a server; with --follow watch it and save its video.

    Prints the prediction's id, or with --follow the video's path. Ctrl+C asks whether to cancel.
    """
    client, inputs = connect(url, token), _typed(raw)
    model = model_of(inputs)
    if model != SEED.name:
        say(f"model {model}")
    prediction = client.create(model, inputs)
    if not follow:
        print(prediction["id"])
        return
    say(f"prediction {prediction['id']}")
    try:
        ended = watch(client.follow(prediction), plain)
    except KeyboardInterrupt:
        ended = _ask(client, prediction)
    save(client, ended, output)


def watch(events: "Iterator[StreamEvent]", plain: bool) -> dict[str, Any]:
    """Shows events until the prediction has ended, and returns it as it ended."""
    if plain or not sys.stderr.isatty():
        return _watch_lines(events)
    bar: Bar | None = None
    try:
        for event in events:
            if event.name == "progress":
                if bar is None:
                    bar = Bar(event.data["total"])
                    bar.__enter__()
                bar.show(event.data["frame"], event.data["seconds_per_frame"])
            elif event.name == "log":
                for line in event.data["text"].splitlines():
                    if line.startswith(("Model", "Warning", "Using seed", "Resuming")):
                        bar.say(line) if bar else say(line)
            elif event.name == "done":
                return event.data
    finally:
        if bar is not None:
            bar.__exit__(None, None, None)
    raise AssertionError("a stream ends with done")


def _watch_lines(events: "Iterator[StreamEvent]") -> dict[str, Any]:
    for event in events:
        if event.name == "log":
            say(event.data["text"].rstrip("\n"))
        elif event.name == "done":
            return event.data
    raise AssertionError("a stream ends with done")


def _ask(client: "Client", prediction: dict[str, Any]) -> dict[str, Any]:
    """What a person wants who pressed Ctrl+C: to cancel, or only to stop watching."""
    if sys.stdin.isatty() and _confirm("Cancel the prediction?"):
        return client.end(prediction["id"])
    say(f"The prediction goes on; `dreamreel predictions logs -f {prediction['id']}` watches it again.")
    raise typer.Exit(INTERRUPTED)


def _confirm(question: str) -> bool:
    """Whether the answer is yes. Asked on stderr: stdout is for the answer alone."""
    print(f"\n{question} [y/N]: ", end="", file=sys.stderr, flush=True)
    try:
        return sys.stdin.readline().strip().lower() in ("y", "yes")
    except KeyboardInterrupt:
        return False


def save(client: "Client", prediction: dict[str, Any], path: Path) -> None:
    """Saves what there is of the video and says how the prediction ended."""
    status, frames = prediction["status"], prediction["metrics"]["frames"]
    if status == "succeeded" or frames:
        client.download(prediction["urls"]["video"], path)
        print(path)
    if status != "succeeded":
        say(f"{status}{': ' + prediction['error'] if prediction['error'] else ''}")
        raise typer.Exit(FAILURE)
    seconds = prediction["metrics"]["predict_time"]
    pace = f" ({frames / seconds:.2f} frames/s)" if seconds else ""  # 0: the server's clock went back
    say(f"{frames} frames in {seconds:.1f} s{pace}")


def model_of(inputs: dict[str, object]) -> str:
    """The name of the model that takes inputs: the first, or the one that has every input and wider limits."""
    from dreamreel.animation.input import check

    others = [name for name in inputs if name in ANIMATE.view.fields and name not in SEED.view.fields]
    is_outside = check(inputs, SEED.view)[1] and not check(inputs, ANIMATE.view)[1]
    return ANIMATE.name if others or is_outside else SEED.name


def _typed(raw: dict[str, Any]) -> dict[str, object]:
    """raw with numbers as numbers: over HTTP types are strict, and options are text."""
    from dreamreel.animation.fields import FIELDS

    def typed(name: str, value: object) -> object:
        field = FIELDS.get(name)
        digits = isinstance(value, str) and value.strip().removeprefix("-").isdecimal()
        is_number = field is not None and field.type in ("integer", "number")
        return int(str(value)) if is_number and digits else value

    return {name: typed(name, value) for name, value in raw.items()}
