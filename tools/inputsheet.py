"""Makes docs/images/inputs.webp, what inputs do to a picture, drawn by the built-in model: `./run inputsheet`.

Each row is one input, each cell a frame of a film that differs from its neighbours in that input alone. It is made anew
whenever the built-in model has changed: the same weights give the same sheet.
"""

import argparse
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from dreamreel.animation.stretch import next_stretch
from dreamreel.diffusion.calls import Encode
from dreamreel.diffusion.sampling import SAMPLERS
from dreamreel.engine.checkpoint import backend_of
from dreamreel.models import catalog
from dreamreel.rendering.animation import Animation, prepare
from dreamreel.rendering.setup import Setup

PATH = Path(__file__).parents[1] / "docs" / "images" / "inputs.webp"
MOST_BYTES = 250_000
CELL, GAP, TEXT = 128, 6, 12
FRAMES = 9
PAPER, INK, PALE_INK = (24, 24, 27), (244, 244, 245), (161, 161, 170)
FILM: dict[str, Any] = {
    "animation_prompts": "a castle by the sea at dusk",
    "profile": "dreamreel",
    "sampler": "euler_ancestral",
    "noise_type": "gaussian",
    "noise_schedule": "0: (0.02)",
    "amount_schedule": "0: (0)",
    "zoom": "0: (1.0)",
    "seed": 11,
}

# Moved and worked on, and not drawn over: what an input does to the picture that the next is drawn from.
STILL = {"strength_schedule": "0: (1)"}
NOISY = {"noise_schedule": "0: (0.3)"}
IN_ROW = 8


@dataclass(frozen=True)
class Shot:
    """label: below the picture. frame: of the film that FILM and inputs make. before: whether what it is drawn over."""

    label: str
    frame: int
    inputs: dict[str, Any] = field(default_factory=dict)
    before: bool = False


def _samplers() -> Iterator[tuple[str, list[Shot]]]:
    shots = [Shot(name, 0, {"sampler": name}) for name in SAMPLERS if name != "plms"]
    for begin in range(0, len(shots), IN_ROW):
        yield f"sampler: frame 0, {begin + 1} to {begin + IN_ROW}", shots[begin : begin + IN_ROW]


def _flips() -> Iterator[Shot]:
    flipped = {"enable_perspective_flip": True, **STILL}
    yield Shot("not flipped", 2, STILL)
    for name in ("theta", "phi", "gamma"):
        yield Shot(f"{name} 10", 2, {**flipped, f"perspective_flip_{name}": "0: (10)"})
    for fv in (20, 100):
        wide = {"perspective_flip_phi": "0: (10)", "perspective_flip_fv": f"0: ({fv})"}
        yield Shot(f"phi 10, fv {fv}", 2, {**flipped, **wide})


# Title, and what is shown side by side.
ROWS: dict[str, list[Shot]] = {
    **dict(_samplers()),
    "noise_type: what frame 1 is drawn over, noise_schedule 0.3": [
        Shot("none", 1, {"noise_schedule": "0: (0)"}, before=True),
        *(Shot(kind, 1, {"noise_type": kind, **NOISY}, before=True) for kind in ("gaussian", "uniform", "perlin")),
        *(
            Shot(f"perlin_w, _h {count}", 1, {"noise_type": "perlin", **NOISY, **cells}, before=True)
            for count, cells in ((count, {"perlin_w": count, "perlin_h": count}) for count in (2, 16))
        ),
    ],
    "border: after 3 moves of 16 pixels, or of zoom 0.85": [
        Shot(f"{border}, {name}", 3, {"border": border, **STILL, **moved})
        for name, moved in (("moved", {"translation_x": "0: (16)"}), ("zoomed out", {"zoom": "0: (0.85)"}))
        for border in ("wrap", "replicate")
    ],
    "enable_perspective_flip: after 2 moves, degrees a frame": list(_flips()),
    "amount_schedule (anti-blur): what frame 1 is drawn over": [
        Shot(f"{amount:g}", 1, {"amount_schedule": f"0: ({amount})", "noise_schedule": "0: (0)"}, before=True)
        for amount in (0, 0.5, 2, 5)
    ],
    "diffusion_cadence 4, strength 0.3: frames 4 to 8, of which 4 and 8 are drawn": [
        Shot(f"frame {frame}", frame, {"diffusion_cadence": 4, "zoom": "0: (1.03)", "strength_schedule": "0: (0.3)"})
        for frame in range(4, 9)
    ],
}


class Films:
    """Draws frames of films. What two films have in common, as their keys say, is drawn once."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._bundle = catalog.load(catalog.locate(setup.model), "cpu")
        self._known: dict[str, Any] = {}

    def frame(self, shot: Shot) -> Image.Image:
        """The frame of a shot, as small as its cell."""
        animation: Animation = prepare({**FILM, "max_frames": FRAMES, **shot.inputs}, self._setup)
        animation.bundle = self._bundle
        if shot.before:
            self.frame(Shot("", shot.frame - 1, shot.inputs))
            return _small(self._before(animation, shot.frame))
        keys = animation.keys
        known = next((idx for idx, key in enumerate(keys) if key not in self._known), len(keys))
        if known <= shot.frame:
            frames = animation.frames(animation.resume(known, lambda name: self._known[keys[name[1]]]))
            for frame in frames:
                self._known[keys[frame.idx]] = frame.image
                if frame.idx >= shot.frame:
                    break
        return _small(self._known[keys[shot.frame]])

    def _before(self, animation: Animation, idx: int) -> Any:
        """The picture (H, W, 3) uint8 that frame idx is drawn over: moved and worked on."""
        state = animation.resume(idx, lambda name: self._known[animation.keys[name[1]]])
        stretch, backend, answer = next_stretch(animation.plan, animation.space, state), backend_of(self._bundle), None
        with contextlib.closing(stretch):
            while not isinstance(call := stretch.send(answer), Encode):
                answer = backend.answer(call)
        levels = (call.sample[0].permute(1, 2, 0) + 1) * 127.5
        return levels.clamp(0, 255).round().byte().numpy()


def _small(image: Any) -> Image.Image:
    """image (H, W, 3) uint8 as small as a cell."""
    picture = Image.fromarray(image)
    return picture.resize((CELL, round(CELL * picture.height / picture.width)), Image.Resampling.LANCZOS)


def sheet(rows: dict[str, list[tuple[str, Image.Image]]]) -> Image.Image:
    """Each row below its title, each picture above its label."""
    high = max(picture.height for cells in rows.values() for _, picture in cells)
    row_height, line = high + 3 * TEXT + 3 * GAP, TEXT + GAP // 2
    width = max(len(cells) for cells in rows.values()) * (CELL + GAP) + GAP
    made = Image.new("RGB", (width, len(rows) * row_height + GAP), PAPER)
    draw, font = ImageDraw.Draw(made), ImageFont.load_default(TEXT)
    for number, (title, cells) in enumerate(rows.items()):
        top = GAP + number * row_height
        draw.text((GAP, top), title, INK, font)
        for place, (label, picture) in enumerate(cells):
            left = GAP + place * (CELL + GAP)
            made.paste(picture, (left, top + line + GAP))
            draw.text((left, top + line + GAP + high + GAP // 2), label, PALE_INK, font)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run inputsheet", description=__doc__)
    parser.add_argument("--model", default="builtin", help="what draws")
    parser.add_argument("--to", type=Path, default=PATH, help="the picture to write, .webp")
    given = parser.parse_args()
    films = Films(Setup(given.model, device="cpu"))
    rows: dict[str, list[tuple[str, Image.Image]]] = {}
    for title, shots in ROWS.items():
        print(title, flush=True)
        rows[title] = [(shot.label, films.frame(shot)) for shot in shots]
    picture = sheet(rows)
    for quality in range(85, 30, -10):
        picture.save(given.to, quality=quality, method=6)
        if given.to.stat().st_size <= MOST_BYTES:
            break
    print(f"{given.to}: {picture.width}x{picture.height}, {given.to.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
