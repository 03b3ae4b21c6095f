"""Frames led by ControlNets, which are shown the picture that a frame goes on from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Self

from dreamreel.animation.feature import Feature, Row
from dreamreel.animation.field import Field
from dreamreel.animation.given import Given
from dreamreel.animation.sample.units import CONTROLNETS, PREVIOUS, Unit, units_of
from dreamreel.diffusion.calls import Calls, Control, Host, ToDevice, ask
from dreamreel.diffusion.denoiser import Guidance, Span
from dreamreel.imaging.warp2d import Image
from dreamreel.schedule.notes import Note, quote

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class ControlNets(Feature):
    """The hint of a frame is the picture that it is drawn over: moved, its colours matched, before noise is added.

    A frame from nothing has none, and is drawn without. Another source of hints would be a step of its own before
    run(), which is handed a picture.
    """

    FIELDS: ClassVar[tuple[Field, ...]] = (CONTROLNETS,)
    units: tuple[Unit, ...]

    @classmethod
    def plan(cls, given: Given) -> Self:
        units = units_of(given)
        for unit in units:
            if not unit.leads.any():
                message = f"{quote(unit.name)} leads no frame; frame 0, which goes on from no picture, is led by none"
                given.notes.append(Note(CONTROLNETS.name, message, ignored=True))
        return cls({}, units)

    @property
    def names(self) -> Mapping[str, str]:
        """By name the ControlNets that lead any frame, and the input that names each."""
        return {unit.name: CONTROLNETS.name for unit in self.units if unit.leads.any()}

    def at(self, idx: int) -> tuple[Unit, ...]:
        """Those that lead frame idx."""
        return tuple(unit for unit in self.units if unit.leads[idx])

    def acts(self, idx: int) -> bool:
        return bool(self.at(idx))

    def row(self, idx: int) -> Row:
        row: Row = {}
        for number, unit in enumerate(self.at(idx), 1):
            # Every digit: another threshold is another drawing.
            shown = " ".join([unit.shown.name, *(repr(each).removesuffix(".0") for each in unit.thresholds)])
            row[f"controlnet {number}"] = f"{unit.name}, {PREVIOUS} {shown}"
            row[f"controlnet {number} weight"] = float(unit.weight[idx])
            row |= {f"controlnet {number} {part}": float(getattr(unit, part)[idx]) for part in ("start", "end")}
        return row

    def run(self, idx: int, image: Image | None, guidance: Guidance) -> Calls[Guidance]:
        """guidance with what leads frame idx beside it. image: (H, W, 3) uint8 that it goes on from."""
        if image is None or not (units := self.at(idx)):
            return guidance
        spans = []
        for unit in units:
            hint = yield from ask(Host("hint", partial(_hint, unit, image)))
            control = Control(unit.name, (yield from ask(ToDevice(hint))), float(unit.weight[idx]))
            spans.append(Span(control, float(unit.start[idx]), float(unit.end[idx])))
        return replace(guidance, spans=tuple(spans))


def _hint(unit: Unit, image: Image) -> "Tensor":
    """(1, 3, H, W) float32, 0 to 1."""
    import numpy as np
    import torch

    shown = unit.shown.run(image, *unit.thresholds)
    return torch.from_numpy(np.array(shown)).permute(2, 0, 1)[None].contiguous().float() / 255
