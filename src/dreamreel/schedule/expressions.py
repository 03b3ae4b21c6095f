"""The safe maths of keyframe values such as `1 + 0.1*sin(2*pi*t/30)`: an extension, off unless asked for.

A formula is parsed by Python's own parser, and its tree is walked by the tables below: what is not
in a table does not exist, so there are no names, attributes or calls to reach for. Values are
float64 vectors, one element for each frame, with the results of numexpr, which the notebooks used.
"""

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dreamreel.errors import ScheduleError
from dreamreel.schedule.notes import quote

MAX_LENGTH = 1000
MAX_NODES = 200

Vector = NDArray[Any]

_BINARY: dict[type[ast.operator], Callable[..., Vector]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Mod: np.fmod,
    ast.Pow: np.power,
}
_COMPARE: dict[type[ast.cmpop], Callable[..., Vector]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
_UNARY: dict[type[ast.unaryop], Callable[..., Vector]] = {ast.USub: np.negative, ast.UAdd: np.positive}


def _where(condition: Vector, yes: Vector, no: Vector) -> Vector:
    return np.where(np.asarray(condition) != 0, yes, no)


_OF_ONE = (
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan"),
    *("sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"),
    *("exp", "expm1", "log", "log10", "log1p", "sqrt", "abs", "floor", "ceil"),
)
# name -> (number of arguments, function)
FUNCTIONS: dict[str, tuple[int, Callable[..., Vector]]] = {
    **{name: (1, getattr(np, name)) for name in _OF_ONE},
    "arctan2": (2, np.arctan2),
    "min": (2, np.minimum),
    "max": (2, np.maximum),
    "where": (3, _where),
}
# name -> what it stands for
VARIABLES = {
    "t": "the frame number",
    "max_f": "the number of the last frame",
    "s": "the seed",
    "pi": "3.14159...",
}


def evaluate(text: str, t: Vector, last_frame: int, seed: int, field: str, column: int) -> NDArray[np.float64]:
    """The value of a formula at each frame of t, shaped like t.

    t: frame numbers as float64. column: where text begins in its field, for the error.

    Raises ScheduleError if text is not a formula of the tables above, is longer than 1000 characters
    or 200 terms, or is not finite at a frame of t.
    """
    if len(text) > MAX_LENGTH:
        raise ScheduleError(field, f"the formula at column {column} is longer than {MAX_LENGTH} characters", column)
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ScheduleError(field, f"{quote(text)} at column {column} is not a formula", column) from None
    if sum(1 for _ in ast.walk(tree)) > MAX_NODES:
        raise ScheduleError(field, f"the formula at column {column} has more than {MAX_NODES} terms", column)
    names = {"t": t, "max_f": np.float64(last_frame), "s": np.float64(seed), "pi": np.float64(np.pi)}
    with np.errstate(all="ignore"):
        value = _Walker(names, text, field, column).visit(tree.body)
    series = np.broadcast_to(np.asarray(value, np.float64), t.shape).copy()
    if not np.isfinite(series).all():
        frame = int(t[np.flatnonzero(~np.isfinite(series))[0]])
        raise ScheduleError(field, f"{quote(text)} at column {column} is not a finite number at frame {frame}", column)
    return series


class _Walker(ast.NodeVisitor):
    def __init__(self, names: dict[str, Any], text: str, field: str, column: int) -> None:
        self.names, self.text, self.field, self.column = names, text, field, column

    def generic_visit(self, node: ast.AST) -> Any:
        self.refuse(f"{type(node).__name__} is not part of a formula")

    def visit_Constant(self, node: ast.Constant) -> Any:
        if isinstance(node.value, int | float) and not isinstance(node.value, bool):
            try:
                return np.float64(node.value)
            except OverflowError:
                return self.refuse("a number is too large")
        return self.refuse(f"{node.value!r} is not a number")

    def visit_Name(self, node: ast.Name) -> Any:
        if node.id not in self.names:
            known = ", ".join([*VARIABLES, *FUNCTIONS])
            self.refuse(f"{quote(node.id)} is unknown (known: {known})")
        return self.names[node.id]

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        if type(node.op) not in _UNARY:
            return self.generic_visit(node.op)
        return _UNARY[type(node.op)](self.visit(node.operand))

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        if type(node.op) not in _BINARY:
            return self.generic_visit(node.op)
        return _BINARY[type(node.op)](self.visit(node.left), self.visit(node.right))

    def visit_Compare(self, node: ast.Compare) -> Any:
        if len(node.ops) != 1 or type(node.ops[0]) not in _COMPARE:
            self.refuse("a comparison takes two sides and one of < <= > >= == !=")
        result = _COMPARE[type(node.ops[0])](self.visit(node.left), self.visit(node.comparators[0]))
        return np.asarray(result, np.float64)

    def visit_Call(self, node: ast.Call) -> Any:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in FUNCTIONS or node.keywords:
            self.refuse(f"{quote(name)} is not a function (known: {', '.join(FUNCTIONS)})")
        count, function = FUNCTIONS[name]
        if len(node.args) != count:
            self.refuse(f"{name}() takes {count} values, got {len(node.args)}")
        return function(*(self.visit(argument) for argument in node.args))

    def refuse(self, reason: str) -> Any:
        raise ScheduleError(self.field, f"{quote(self.text)} at column {self.column}: {reason}", self.column)
