"""`dreamreel verify`: draws a video again and says whether every frame is the same."""

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import av
import numpy as np
import typer
from numpy.typing import NDArray

from dreamreel.animation.identity import first_difference
from dreamreel.cli.exits import FAILURE, OTHERWISE_COMPUTED, exit_codes, say
from dreamreel.cli.interrupts import Interrupts
from dreamreel.cli.progress import make_display
from dreamreel.errors import ModelError
from dreamreel.models.catalog import locate, with_vae
from dreamreel.models.digest import weights_digest
from dreamreel.rendering.animation import Animation, Frame, prepare
from dreamreel.rendering.output import Output
from dreamreel.rendering.setup import Setup
from dreamreel.video.provenance import pictures_digest, read_manifest

app = typer.Typer(add_completion=False)


@dataclass(frozen=True)
class Difference:
    """text: what differs, for the answer. in_frames: whether frames do, not the video alone."""

    text: str
    in_frames: bool


@app.command()
def verify(
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="An mp4 that dreamreel made.")],
    model: Annotated[
        str, typer.Option(metavar="NAME|PATH", help="Where the model lies now; if empty, where it lay then.")
    ] = "",
    vae: Annotated[str, typer.Option(metavar="PATH", help="Where the VAE lies now, if another drew.")] = "",
    loras: Annotated[str, typer.Option(metavar="DIR", help="Where the folder of LoRAs lies now.")] = "",
    embeddings: Annotated[str, typer.Option(metavar="DIR", help="Where the folder of embeddings lies now.")] = "",
    controlnets: Annotated[str, typer.Option(metavar="DIR", help="Where the folder of ControlNets lies now.")] = "",
    device: Annotated[str, typer.Option(help="auto, cuda, cuda:1, mps or cpu.")] = "auto",
    plain: Annotated[bool, typer.Option("--plain", help="Lines instead of a progress bar.")] = False,
) -> None:
    """Draw a video again from its own manifest, and compare every frame.

    Prints `identical`, or the first frame that differs and by how much: exit code 3 if the networks may have been
    rounded otherwise, because the machine or its libraries are others, and 1 if not.
    """
    with exit_codes():
        manifest = read_manifest(video)
        lies = {"vae": vae, "loras": loras, "embeddings": embeddings, "controlnets": controlnets}
        places = {name: now or manifest.get(name, "") for name, now in lies.items()}
        animation = _animation(manifest, model or manifest["model"], places, device)
        difference = _first_difference(animation, manifest, video, plain)
        if difference is not None:
            print(difference.text)
            code = _explain(manifest, animation.provenance(), difference)
            raise typer.Exit(FAILURE if _has_other_input(manifest, animation) else code)
        print("identical")


def _animation(manifest: dict[str, Any], model: str, places: dict[str, str], device: str) -> Animation:
    """The one that the manifest describes. places: where what lies beside the model does now. Raises ModelError."""
    location = with_vae(locate(model), places["vae"])
    if weights_digest(location) != manifest["weights"]:
        raise ModelError(f"model {model} does not have the weights that the video was made with ({manifest['title']})")
    setup = Setup(
        model,
        manifest["width"],
        manifest["height"],
        manifest["steps"],
        manifest["cfg_scale"],
        device,
        manifest["precision"],
        str(manifest["rows"]),
        vae=places["vae"],
        loras=places["loras"],
        embeddings=places["embeddings"],
        controlnets=places["controlnets"],
    )
    animation = prepare(manifest["input"], setup)
    for name, digest in manifest.get("beside", {}).items():
        if animation.beside.get(name) != digest:
            raise ModelError(f"the {name} is not the file that the video was made with")
    return animation


def _first_difference(animation: Animation, manifest: dict[str, Any], video: Path, plain: bool) -> Difference | None:
    """Draws and encodes it again; None if frames and pictures are the same."""
    _use_threads(manifest["threads"])
    with (
        Interrupts() as interrupts,
        make_display(animation.plan, plain) as display,
        tempfile.TemporaryDirectory() as scratch,
        Output(animation, Path(scratch) / "again.mp4") as output,
    ):
        frames = animation.frames(observe=lambda _stage, _seconds: interrupts.check())
        for digest, frame in zip(manifest["frames"], frames, strict=False):
            display.done(frame)
            if hashlib.sha256(frame.image.tobytes()).hexdigest() != digest:
                return Difference(f"frame {frame.idx} differs: {_distance(frame, video)}", True)
            output.add(frame)
        if pictures_digest(output.finish()) != pictures_digest(video):
            return Difference(_OTHER_VIDEO, False)
    return None


def _use_threads(count: int) -> None:
    """Sums on a CPU come out alike only with as many threads."""
    import torch

    torch.set_num_threads(count)


def _distance(frame: Frame, video: Path) -> str:
    """How far a frame is from what the video shows, which was compressed."""
    shown = _frame_of(video, frame.idx).astype(np.float64)
    error = float(((frame.image - shown) ** 2).mean())
    return f"{10 * np.log10(255**2 / max(error, 1e-9)):.1f} dB from the picture in the video"


def _frame_of(video: Path, idx: int) -> NDArray[np.uint8]:
    with av.open(str(video)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number == idx:
                return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    raise AssertionError("a manifest has a digest for each frame of its video")


_OTHER_VIDEO = "the frames are the same, but the video is not what they give: it was changed, or encoded otherwise"
# What decides how the networks' sums are rounded. All that is drawn around them is the same on every machine
# (docs/exactness.md), so these change nothing else.
_OF_THE_MACHINE = ("device", "hardware", "precision", "threads", "rows")
_OF_NETWORKS = (*_OF_THE_MACHINE, "torch", "tokenizers")
_OF_ENCODING = ("av",)


def _explain(was: dict[str, Any], now: dict[str, Any], difference: Difference) -> int:
    """Names what is not as it was and what that means. Returns the exit code."""
    changed = _changed(was, now)
    for name, (before, after) in changed.items():
        say(f"{name} was {before or 'not recorded'} and is {after}")
    if not difference.in_frames:
        return FAILURE
    decisive = changed.keys() - set(_OF_ENCODING)
    if not decisive:
        say("nothing that frames depend on has changed: the film or its record was edited")
    elif others := sorted(decisive - set(_OF_NETWORKS)):
        say(f"more than the networks may differ: {', '.join(others)} can change what is drawn around them, too")
    else:
        say(
            f"only the networks may differ: their sums are rounded by {' and '.join(sorted(decisive))}; what is drawn "
            "around them is the same on every machine"
        )
        return OTHERWISE_COMPUTED
    return FAILURE


def _has_other_input(manifest: dict[str, Any], animation: Animation) -> bool:
    """Says from which frame on the record plans another drawing than the one that its keys are of, if it does."""
    keys = manifest.get("keys", [])
    idx = first_difference(keys, animation.keys)
    if idx < len(keys):
        say(
            f"from frame {idx} on the input is not the one that the frames were drawn from: "
            "it was edited, or this version reads it differently"
        )
    return idx < len(keys)


def _changed(was: dict[str, Any], now: dict[str, Any]) -> dict[str, tuple[object, object]]:
    """(then, now) of each thing that is not as it was; None for what the film does not say."""
    then = {**{name: was.get(name) for name in _OF_THE_MACHINE}, **was["versions"]}
    today = {**{name: now[name] for name in _OF_THE_MACHINE}, **now["versions"]}
    return {name: (then.get(name), value) for name, value in today.items() if then.get(name) != value}
