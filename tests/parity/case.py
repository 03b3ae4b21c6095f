"""One case of a golden file, and how values of it are compared."""

import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Case:
    """name: within its file. check: raises AssertionError where dreamreel gives something else."""

    name: str
    check: Callable[[], None]

    def __str__(self) -> str:
        return self.name


# From a golden file to its cases; reads the arrays that lie beside it.
Kind = Callable[[Path], Iterator[Case]]


@cache
def read_json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


@cache
def read_arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as arrays:
        return dict(arrays)


def number(value: object) -> float:
    """A number as the files write it: "nan" and "inf" are texts there."""
    return float(value)  # type: ignore[arg-type]


def same_numbers(found: Iterable[float], golden: Iterable[object]) -> None:
    """Equal, but for the last bits of functions such as sin, which numexpr's compiler and NumPy's round otherwise."""
    found, wanted = [float(each) for each in found], [number(each) for each in golden]
    assert len(found) == len(wanted), f"{len(found)} values, not {len(wanted)}"
    for place, (one, other) in enumerate(zip(found, wanted, strict=True)):
        near = math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-12)
        assert near or (math.isnan(one) and math.isnan(other)), f"{one!r} at {place}, not {other!r}"


def same_picture(found: np.ndarray, golden: np.ndarray) -> None:
    """Every byte equal."""
    assert found.shape == golden.shape, f"shape {found.shape}, not {golden.shape}"
    assert found.dtype == golden.dtype, f"{found.dtype}, not {golden.dtype}"
    wrong = np.flatnonzero(found != golden)
    if len(wrong):
        apart = np.abs(found.astype(float) - golden.astype(float)).max()
        raise AssertionError(f"{len(wrong)} of {found.size} values differ, by up to {apart:g}")
