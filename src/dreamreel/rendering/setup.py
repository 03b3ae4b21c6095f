"""What an operator or a user of the command line decides beside the input, and the plan that follows from both."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.checked import AnimationInput
from dreamreel.animation.input import parse
from dreamreel.animation.plan import AnimationPlan, build
from dreamreel.animation.views import HERE, View
from dreamreel.errors import InputError, ModelError
from dreamreel.models import catalog
from dreamreel.models.layout import Defaults
from dreamreel.schedule.notes import Note

# What those drawn with beside a model are called among the needs of a prediction: this, and their own name.
LORA, CONTROLNET = "lora ", "controlnet "
BESIDE = {LORA: "LoRAs", CONTROLNET: "ControlNets"}


@dataclass(frozen=True)
class Setup:
    """What an operator or a user of the command line decides, beside the input.

    model: a name for models/catalog.py. width, height, steps, cfg_scale: None for the model's own.
    device, precision: for models/devices.py. rows: for engine/rows.py. others: models that a request may name instead.
    vae: path of one that draws instead of the models' own; empty for these.
    memory_gb: that loaded models may take together; 0 for what is free. loras, embeddings, controlnets: folders of
    such; empty for none. preview_vae: of TAESDs that show frames while they are drawn (previews.py); empty for none.
    """

    model: str = "builtin"
    width: int | None = None
    height: int | None = None
    steps: int | None = None
    cfg_scale: float | None = None
    device: str = "auto"
    precision: str = "auto"
    rows: str = "auto"
    others: tuple[str, ...] = ()
    memory_gb: float = 0.0
    vae: str = ""
    loras: str = ""
    embeddings: str = ""
    controlnets: str = ""
    preview_vae: str = ""

    def locate(self) -> catalog.Location:
        """Where the first model lies. Raises ModelError."""
        return catalog.with_vae(catalog.locate(self.model), self.vae)

    def by_name(self) -> "dict[str, Setup]":
        """The setup of each model alone, by the name that requests call it; the first is drawn where none is named.

        Raises ModelError for a model that is not there, and for two of one name.
        """
        found: dict[str, Setup] = {}
        for model in (self.model, *self.others):
            name = catalog.locate(model).short_name
            if "\n" in name:
                raise ModelError(f"model {model!r}: its name has a line break; rename it")
            for beginning, kind in BESIDE.items():
                if name.startswith(beginning):
                    raise ModelError(f'model "{model}": names that begin with "{beginning}" are {kind}\'; rename it')
            if name in found and found[name].model != model:
                raise ModelError(f"models {found[name].model} and {model} are both called {name}; rename one of them")
            found[name] = replace(self, model=model, others=())
        return found


def checkpoints_in(text: str) -> dict[str, str]:
    """What a setting says of other people's names for weights: NAME=MODEL, with line breaks or commas between.

    Raises InputError.
    """
    found = {}
    for part in filter(None, (part.strip() for part in text.split("\n" if "\n" in text else ","))):
        name, equals, model = part.partition("=")
        if not (name.strip() and equals and model.strip()):
            raise InputError("checkpoint", f'must be NAME=MODEL, such as sd-v1-4.ckpt=/models/v1-4, got "{part[:80]}"')
        found[name.strip()] = model.strip()
    return found


def canvas_of(setup: Setup, defaults: Defaults) -> Canvas:
    """What is drawn on: the setup's choices, the model's own where it makes none."""
    return Canvas(
        width=defaults.width if setup.width is None else setup.width,
        height=defaults.height if setup.height is None else setup.height,
        steps=defaults.steps if setup.steps is None else setup.steps,
        cfg_scale=defaults.cfg_scale if setup.cfg_scale is None else setup.cfg_scale,
        multiple=defaults.multiple,
    )


def plan_on(
    canvas: Canvas, raw: Mapping[str, Any], seed: int | None = None, view: View = HERE
) -> tuple[AnimationPlan, list[Note]]:
    """The plan of raw and notes on its keys, where the canvas is known; the rest: see prepare. Raises InputError."""
    animation_input, notes = parse(raw, view)
    return plan_of(animation_input, canvas, seed), notes


def plan_of(animation_input: AnimationInput, canvas: Canvas, seed: int | None = None) -> AnimationPlan:
    """The plan of a checked input; seed: for one that names none, random if None. Raises InputError."""
    named = animation_input.seed
    if named is None:
        named = secrets.randbits(32) if seed is None else seed
    return build(animation_input, canvas, named)
