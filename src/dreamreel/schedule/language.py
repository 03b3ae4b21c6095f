"""What formulas may be made of, by profile: a name that is in no table here does not exist."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dreamreel.schedule.kinds import LARGEST_WHOLE

MAX_NODES = 200
# Of float64, of booleans where a comparison made it, and of int64 on the way between bits.
Vector = NDArray[np.float64] | NDArray[np.bool_] | NDArray[np.int64] | np.float64
# (fewest arguments, most arguments, what it does)
Function = tuple[int, int, Callable[..., Vector]]


def _where(condition: Vector, yes: Vector, no: Vector) -> Vector:
    return np.where(condition != 0, yes, no)


def _itself(value: Vector) -> Vector:
    return value


_OF_ONE = (
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan"),
    *("sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"),
    *("exp", "expm1", "log", "log10", "log1p", "sqrt", "abs", "floor", "ceil"),
)
_NUMEXPR: dict[str, Function] = {
    **{name: (1, 1, getattr(np, name)) for name in _OF_ONE},
    "arctan2": (2, 2, np.arctan2),
    "fmod": (2, 2, np.fmod),
    "where": (3, 3, _where),
}
FUNCTIONS: dict[str, Function] = {
    **_NUMEXPR,
    "min": (2, MAX_NODES, lambda *values: reduce(np.minimum, values)),
    "max": (2, MAX_NODES, lambda *values: reduce(np.maximum, values)),
    "clip": (3, 3, lambda value, low, high: np.minimum(np.maximum(value, low), high)),
    "round": (1, 1, np.rint),
}
# name -> what it stands for
VARIABLES = {
    "t": "the frame number",
    "max_f": "the number of the last frame",
    "s": "the seed",
    "pi": "3.14159...",
}
_VALUES: dict[str, Callable[[Vector, int, int], Any]] = {
    "t": lambda t, last, seed: t,  # noqa: ARG005
    "max_f": lambda t, last, seed: np.float64(last),  # noqa: ARG005
    "s": lambda t, last, seed: np.float64(seed),  # noqa: ARG005
    "pi": lambda t, last, seed: np.float64(np.pi),  # noqa: ARG005
    "i": lambda t, last, seed: t,  # noqa: ARG005
    "max_frames": lambda t, last, seed: np.float64(last + 1),  # noqa: ARG005
    "integer": lambda t, last, seed: np.float64(0),  # noqa: ARG005
}


@dataclass(frozen=True)
class Language:
    """What the formulas of a profile may say.

    variables: names, of _VALUES. functions: by name. attributes: what may stand behind a dot.
    chains: whether `1 < t < 5` is a comparison. marks: whether characters that look like ASCII's count as those, and a
    blank may stand first. largest: beyond it a whole number of constants alone is none. kinds: whether truth, whole
    numbers and fractions are kinds of their own (kinds.py). gaps: whether frames at which a formula is no number (nan)
    are joined by lines, like frames without a key.
    """

    variables: tuple[str, ...] = tuple(VARIABLES)
    functions: Mapping[str, Function] = field(default_factory=lambda: FUNCTIONS, hash=False)
    attributes: Mapping[str, Callable[[Vector], Vector]] = field(default_factory=dict, hash=False)
    chains: bool = True
    marks: bool = True
    largest: float = np.inf
    kinds: bool = False
    gaps: bool = False

    def values(self, t: Vector, last_frame: int, seed: int) -> dict[str, Any]:
        """Every variable's value at the frames t."""
        found = {name: _VALUES[name](t, last_frame, seed) for name in self.variables}
        return found | ({"π": found["pi"]} if "pi" in found else {})  # Python reads the Greek letter as a name


def _numexpr(*variables: str) -> Language:
    """numexpr 2.8 with these locals of the function that called it."""
    of_one = dict.fromkeys(("real", "sum", "prod", "min", "max"), (1, 1, _itself))
    return Language(
        variables,
        {**_NUMEXPR, **of_one},
        {"real": _itself},
        chains=False,
        marks=False,
        largest=float(LARGEST_WHOLE),
        kinds=True,
        gaps=True,
    )


FORMULAS = Language()
A1111 = _numexpr("t", "max_f", "s", "i", "integer")
NOTEBOOK = _numexpr("t", "i", "max_frames", "integer")
