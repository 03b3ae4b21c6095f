"""What a model must reach before its weights are shipped: bounds on the figures of training.evaluate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.poster import LEAST_DETAIL


@dataclass(frozen=True)
class Gate:
    """Bounds, both included, on a figure. path: its keys, with dots."""

    path: str
    least: float = float("-inf")
    most: float = float("inf")

    def holds(self, found: Mapping[str, Any]) -> bool:
        return self.least <= float(_figure(found, self.path)) <= self.most

    @property
    def wanted(self) -> str:
        """The bounds in words."""
        bounds = [f"at least {self.least:g}"] if self.least > float("-inf") else []
        return " and ".join(bounds + ([f"at most {self.most:g}"] if self.most < float("inf") else []))


# The judge's own ceiling, what it says of real pictures, is 0.975: what fails the first two fails for the model's sake.
GATES = (
    Gate("accuracy.all", 0.93),
    Gate("accuracy_heldout", 0.90),
    Gate("reconstruction_psnr", 29.0),
    Gate("reconstruction_sharpness", 0.8, 1.1),
    Gate("ae_rounds_30", 25.0),
    Gate("sharpness", 0.7),
    Gate("kept", 0.75, 1.3),
    Gate("camera.mean", 0.65),
    Gate("camera.worst", 0.5),
    Gate("subject_kept", 0.9),
    Gate("prompt_change", 0.8),
    Gate("zoom_detail", LEAST_DETAIL),
    Gate("colour_drift", most=0.04),
    Gate("seconds_per_frame", most=0.6),
    Gate("size_mb", most=64.0),
)


def passed(found: Mapping[str, Any]) -> dict[str, bool]:
    """Each gate's path -> whether it holds. found: the figures of an evaluation."""
    return {gate.path: gate.holds(found) for gate in GATES}


def report(found: Mapping[str, Any]) -> str:
    """A line for each gate that does not hold, or that all do."""
    wrong = [gate for gate in GATES if not gate.holds(found)]
    lines = [f"{gate.path} is {_figure(found, gate.path)}; shipped weights have {gate.wanted}" for gate in wrong]
    return "\n".join(lines or ["every gate holds"])


def _figure(found: Mapping[str, Any], path: str) -> Any:
    value: Any = found
    for key in path.split("."):
        value = value[key]
    return value
