"""The operator's ControlNets: held to the models of a setup, and read for them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dreamreel.animation.plan import AnimationPlan
from dreamreel.errors import InputError
from dreamreel.models.adapters.controlnet_library import ControlNetFile, controlnets_in, misfit, unet_config
from dreamreel.models.catalog import Location
from dreamreel.rendering.setup import CONTROLNET, Setup

if TYPE_CHECKING:
    import torch

    from dreamreel.models.adapters.controlnets import LoadedControlNet


def check_controlnets(plan: AnimationPlan, setup: Setup, locations: Iterable[Location]) -> None:
    """Raises InputError, with its field and column, for one that is not there or is for another family of models.

    locations: where the models lie that draw the animation.
    """
    names = plan.controlnets.names
    configs = {each.short_name: unet_config(each.path) for each in locations} if names else {}
    for name, named_by in names.items():
        found = controlnets_in(setup.controlnets).files.get(name)
        wrongs = (
            [controlnets_in(setup.controlnets).missing(name)]
            if found is None
            else [misfit(found, config, model) for model, config in configs.items()]
        )
        for wrong in filter(None, wrongs):
            raise refusal(plan, named_by, name, wrong)


def refusal(plan: AnimationPlan, field: str, name: str, wrong: str) -> InputError:
    """What is wrong with a file that a field names, with the column at which its text shows the name."""
    place = column_of(name, plan.input.text(field))
    return InputError(field, f"{wrong} (column {place})", place) if place else InputError(field, wrong)


def column_of(name: str, text: str) -> int:
    """Where text names a file, from 1: in `<lora:name>` rather than as a word, and whole rather than in another's name.

    0 if it does not.
    """
    whole = rf"(?<![\w.-]){re.escape(name)}(?!\.?[\w-])"
    for pattern in (rf"<lora:\s*({whole})", rf"({whole})", f"({re.escape(name)})"):
        if found := re.search(pattern, text):
            return found.start(1) + 1
    return 0


def called(name: str) -> str:
    """What a ControlNet is called among the needs of a prediction, on a shelf and in digests."""
    return f"{CONTROLNET}{name}"


def usable(setup: Setup) -> Mapping[str, ControlNetFile]:
    """Those that can be drawn with, by name."""
    return {name: each for name, each in controlnets_in(setup.controlnets).files.items() if not each.refused}


def decisive(plan: AnimationPlan, setup: Setup) -> dict[str, tuple[Path, ...]]:
    """The files of those that lead any frame, by what they are called. Raises ModelError."""
    return {called(name): controlnets_in(setup.controlnets).find(name).decisive for name in plan.controlnets.names}


def read(found: ControlNetFile, setup: Setup, device: "torch.device", dtype: "torch.dtype") -> "LoadedControlNet":
    """The ControlNet in memory. Raises ModelError."""
    from dreamreel.models.adapters.controlnets import load_controlnet

    bases = [unet_config(each.locate().path) for each in setup.by_name().values()]
    return load_controlnet(found, bases, device, dtype)


@dataclass(eq=False)
class Alone:
    """The ControlNets of one film that is drawn by itself: each is kept once it is read."""

    setup: Setup
    device: "torch.device"
    dtype: "torch.dtype"
    _kept: "dict[str, LoadedControlNet]" = field(default_factory=dict)

    def get(self, name: str) -> "LoadedControlNet":
        """The one of that name. Raises ModelError."""
        if name not in self._kept:
            found = controlnets_in(self.setup.controlnets).find(name)
            self._kept[name] = read(found, self.setup, self.device, self.dtype)
        return self._kept[name]

    def refresh(self, names: Iterable[str]) -> None:
        """Reads those of names that are not read, or whose files are others by now. Raises ModelError."""
        for name in names:
            if name in self._kept and self._kept[name].stamp != controlnets_in(self.setup.controlnets).find(name).stamp:
                del self._kept[name]
            self.get(name)
