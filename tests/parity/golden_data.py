"""Reading the golden data (golden/README.md says what each array is)."""

import json
import platform
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "golden"


@cache
def unit_json(name: str) -> Any:
    return json.loads((FOLDER / "unit" / f"{name}.json").read_text("utf-8"))


@cache
def unit_arrays(name: str) -> dict[str, np.ndarray]:
    return dict(np.load(FOLDER / "unit" / f"{name}.npz"))


@cache
def animation_arrays(name: str) -> dict[str, np.ndarray]:
    return dict(np.load(FOLDER / "animations" / f"{name}.npz"))


@cache
def cases() -> dict[str, Any]:
    return json.loads((FOLDER / "animations" / "cases.json").read_text("utf-8"))["cases"]


@cache
def bars() -> dict[str, Any]:
    return json.loads((FOLDER / "bars.json").read_text("utf-8"))


def request_of(name: str) -> dict[str, Any]:
    """The inputs of a case by wire name."""
    case = cases()[name]
    keys = ("strength_schedule", "noise_schedule", "contrast_schedule", "border")
    return {**case["input"], **{key: case["engine"][key] for key in keys}}


def psnr(image: np.ndarray, golden: np.ndarray) -> float:
    """Decibels over the three channels, peak 255; infinite for identical images."""
    error = ((image.astype(np.float64) - golden.astype(np.float64)) ** 2).mean()
    return float("inf") if error == 0 else 10 * float(np.log10(255**2 / error))


def is_like_the_golden_machine() -> bool:
    """Whether this processor can round as the one did that made the golden data."""
    info = Path("/proc/cpuinfo")
    text = info.read_text() if info.exists() else ""
    return platform.machine() == "x86_64" and "AuthenticAMD" in text and "avx2" in text
