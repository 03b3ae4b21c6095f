"""The safe maths of keyframe values such as `1 + 0.1*sin(2*pi*t/30)`: an extension, off unless asked for.

A formula is parsed by Python's own parser, and its tree is walked by the tables below: what is not
in a table does not exist, so there are no names, attributes or calls to reach for. Values are
float64 vectors, one element for each frame, with the results of numexpr, which the notebooks used.
"""

import ast
import re
from collections.abc import Callable, Mapping
from functools import lru_cache, reduce
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from dreamreel.errors import ScheduleError
from dreamreel.schedule import advice, kinds
from dreamreel.schedule.characters import plain
from dreamreel.schedule.language import FORMULAS, MAX_NODES, Language, Vector
from dreamreel.schedule.notes import quote

MAX_LENGTH = 1000
# Integers that float64 holds exactly: only these have bits.
LARGEST_INTEGER = 2.0**53
_FLOAT = np.dtype(np.float64)
_BLANK = re.compile(r"\s")

_BINARY: dict[type[ast.operator], Callable[..., Vector]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Mod: np.fmod,
    ast.Pow: np.power,
}
# Between comparisons these are logic, between whole numbers they work on bits, as in numexpr.
_BITWISE: dict[type[ast.operator], Callable[..., Vector]] = {ast.BitAnd: np.bitwise_and, ast.BitOr: np.bitwise_or}
_COMPARE: dict[type[ast.cmpop], Callable[..., Vector]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
_UNARY: dict[type[ast.unaryop], Callable[..., Vector]] = {ast.USub: np.negative, ast.UAdd: np.positive}


def evaluate(
    text: str,
    t: NDArray[np.float64],
    last_frame: int,
    seed: int,
    field: str,
    column: int,
    language: Language = FORMULAS,
) -> NDArray[np.float64]:
    """The value of a formula at each frame of t, shaped like t; nan only where the language has gaps.

    t: frame numbers as float64. column: where text begins in its field, for the error.

    Raises ScheduleError if text is not a formula of the language, is longer than 1000 characters
    or 200 terms, or is not finite at a frame of t. Its column is that of the part it is about.
    """
    value = _Walker(text, language.values(t, last_frame, seed), field, column, language).evaluate()
    series = np.empty(t.shape)
    series[...] = value
    wrong = np.isinf(series) if language.gaps else ~np.isfinite(series)
    if wrong.any():
        frame = int(t[np.flatnonzero(wrong)[0]])
        raise ScheduleError(field, f"{quote(text)} at column {column} is not a finite number at frame {frame}", column)
    return series


def evaluate_key(text: str, names: Mapping[str, float], field: str, column: int, language: Language = FORMULAS) -> int:
    """The frame that a formula names, cut to a whole number; it may be negative.

    names: the numbers that it may use, such as max_f and s. Raises ScheduleError, as evaluate does.
    """
    pi = {name: np.pi for name in ("pi", "π") if "pi" in language.variables}
    known = {name: np.float64(value) for name, value in {**names, **pi}.items()}
    value = float(_Walker(text, known, field, column, language).evaluate())
    if not abs(value) < LARGEST_INTEGER:  # also true for nan
        raise ScheduleError(field, f"the key {quote(text)} at column {column} is not a frame number", column)
    return int(value)


@lru_cache(256)
def tree_of(line: str) -> ast.expr:
    """A formula as Python reads it: many schedules of a film say the same at several keys."""
    return ast.parse(line, mode="eval").body


class _Walker:
    """Walks the tree of one formula. A comparison's value is of booleans, every other value of float64."""

    def __init__(self, text: str, names: Mapping[str, Vector], field: str, column: int, language: Language) -> None:
        self.text, self.names, self.field, self.column, self.language = text, names, field, column, language
        # One line without a blank at its start, in which a place is a place in text less the lead.
        readable = plain(text) if language.marks else text
        line = _BLANK.sub(" ", readable)
        self.lead = len(line) - len(line.lstrip())
        self.line = line.strip()

    def evaluate(self) -> Vector:
        """The value of the whole formula."""
        if len(self.text) > MAX_LENGTH:
            self.refuse_all(f"the formula at column {self.column} is longer than {MAX_LENGTH} characters")
        body = self.parse()
        # A character makes two terms at most, as a name does; counting them takes half of the time.
        if 2 * len(self.line) > MAX_NODES and sum(1 for _ in ast.walk(body)) > MAX_NODES:
            self.refuse_all(f"the formula at column {self.column} has more than {MAX_NODES} terms")
        if self.language.kinds and (wrong := kinds.wrong(body)) is not None:
            self.refuse(*wrong)
        with np.errstate(all="ignore"):
            return self.visit(body)

    def parse(self) -> ast.expr:
        unreadable = f"{quote(self.text)} at column {self.column} is not a formula"
        # Python takes "30if t" with a warning on stderr.
        if self.lead and not self.language.marks:
            self.refuse_all(f"{unreadable}: a blank stands before it, where this profile takes none")
        if advice.is_glued(self.line):
            self.refuse_all(unreadable + advice.of_text(self.line))
        try:
            return tree_of(self.line)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self.refuse_all(unreadable + advice.of_text(self.line))

    def visit(self, node: ast.AST) -> Vector:
        method = _METHODS.get(type(node))
        return self.generic_visit(node) if method is None else method(self, node)

    def generic_visit(self, node: ast.AST) -> Vector:
        self.refuse(node, advice.of_node(node, self.source))

    def constant(self, node: ast.Constant) -> Vector:
        if not isinstance(node.value, int | float) or isinstance(node.value, bool):
            return self.generic_visit(node)
        try:
            return np.float64(node.value)
        except OverflowError:
            return self.refuse(node, "a number is too large")

    def name(self, node: ast.Name) -> Vector:
        if node.id == "t" and "t" not in self.names:
            self.refuse(node, "a key is one frame: it may use max_f and s, but not t")
        if node.id in self.language.variables and node.id not in self.names:
            self.refuse(
                node, f"{node.id} is not known in the keys of this profile; profile dreamreel knows max_f and s"
            )
        if node.id in self.language.functions:
            self.refuse(node, f"{node.id} needs brackets, such as {node.id}(t)")
        if node.id not in self.names:
            self.refuse(node, advice.of_name(node.id, self.language.variables, self.language.functions))
        return self.names[node.id]

    def signed(self, node: ast.UnaryOp) -> Vector:
        if isinstance(node.op, ast.Invert):
            return self.invert(node)
        if type(node.op) not in _UNARY:
            return self.generic_visit(node)
        return _UNARY[type(node.op)](self.number(node.operand))

    def joined(self, node: ast.BinOp) -> Vector:
        if type(node.op) in _BITWISE:
            return self.bitwise(node)
        if type(node.op) not in _BINARY:
            return self.generic_visit(node)
        left, right = self.number(node.left), self.number(node.right)
        if self.language.kinds and isinstance(node.op, ast.Mod) and kinds.is_constant(node):
            return np.mod(left, right)
        value = _BINARY[type(node.op)](left, right)
        if left.ndim == right.ndim == 0 and np.isfinite(value) and float(abs(value)) >= self.language.largest:
            self.refuse(node, f"{quote(self.source(node))} is too large a number for this profile")
        return value

    def compared(self, node: ast.Compare) -> Vector:
        operands = [node.left, *node.comparators]
        for joined in operands:
            if isinstance(joined, ast.BinOp) and type(joined.op) in _BITWISE and not self.is_bracketed(joined):
                sign = "&" if isinstance(joined.op, ast.BitAnd) else "|"
                self.refuse(
                    joined, f'"{sign}" binds before "<"; put brackets around what it joins, as in (t>9) {sign} (t<30)'
                )
        if not all(type(operator) in _COMPARE for operator in node.ops):
            self.refuse(node, "a comparison is one of < <= > >= == !=")
        if len(operands) > 2 and not self.language.chains:
            self.refuse(node, "this profile compares two values at a time; write (1<t) & (t<5)")
        values = [self.number(operand) for operand in operands]
        pairs = zip(node.ops, values, values[1:], strict=False)
        return reduce(np.logical_and, (_COMPARE[type(operator)](one, other) for operator, one, other in pairs))

    def dotted(self, node: ast.Attribute) -> Vector:
        if node.attr not in self.language.attributes:
            return self.generic_visit(node)
        return self.language.attributes[node.attr](self.number(node.value))

    def called(self, node: ast.Call) -> Vector:
        if not isinstance(node.func, ast.Name):
            if isinstance(node.func, ast.Attribute):
                dotted = self.source(node.func)
                self.refuse(
                    node, f"{quote(dotted)} is not a function: names have no dots here; write {node.func.attr}()"
                )
            self.refuse(node, f'{quote(self.source(node.func))} is not a function; write "*" to multiply')
        name = node.func.id
        functions = self.language.functions
        if name not in functions:
            reason = (
                advice.of_name(name, self.language.variables, functions, True)
                if name not in self.names
                else f'write "*" between {name} and "("'
            )
            self.refuse(node, f"{quote(name)} is not a function: {reason}")
        fewest, most, function = functions[name]
        if node.keywords or not fewest <= len(node.args) <= most:
            count = str(fewest) if fewest == most else f"{fewest} or more"
            values = "value" if count == "1" else "values"
            self.refuse(node, f"{name}() takes {count} {values}, got {len(node.args) + len(node.keywords)}")
        return function(*(self.number(argument) for argument in node.args))

    def number(self, node: ast.AST) -> Vector:
        """The value of a node as float64; a comparison that holds is 1."""
        value: Vector = self.visit(node)
        return value if value.dtype == _FLOAT else np.asarray(value, np.float64)

    def bitwise(self, node: ast.BinOp) -> Vector:
        left, right = self.visit(node.left), self.visit(node.right)
        function = _BITWISE[type(node.op)]
        if left.dtype == right.dtype == np.bool_:
            return function(left, right)
        return function(self.whole(node, left), self.whole(node, right)).astype(np.float64)

    def invert(self, node: ast.UnaryOp) -> Vector:
        value = self.visit(node.operand)
        if value.dtype == np.bool_:
            return np.logical_not(value)
        return np.invert(self.whole(node, value)).astype(np.float64)

    def whole(self, node: ast.AST, value: Vector) -> Vector:
        """A value's bits. Raises ScheduleError for what is neither a comparison nor whole numbers."""
        number = np.asarray(value, np.float64)
        if not (np.abs(number) < LARGEST_INTEGER).all() or (number != np.floor(number)).any():
            self.refuse(node, '"&", "|" and "~" take comparisons in brackets, as in (t>9) & (t<30), or whole numbers')
        return number.astype(np.int64)

    def is_bracketed(self, node: ast.AST) -> bool:
        """Whether brackets stand around exactly this node's text."""
        before = self.line.encode()[: node.col_offset].rstrip()  # type: ignore[attr-defined]
        return before.endswith(b"(")

    def source(self, node: ast.AST) -> str:
        """The text of a node."""
        return ast.get_source_segment(self.line, node) or ""

    def refuse(self, node: ast.AST, reason: str) -> NoReturn:
        """Raises ScheduleError about a node, at its own column."""
        offset = len(self.line.encode()[: getattr(node, "col_offset", 0)].decode())
        raise ScheduleError(
            self.field, f"{quote(self.text)} at column {self.column}: {reason}", self.column + self.lead + offset
        )

    def refuse_all(self, message: str) -> NoReturn:
        """Raises ScheduleError about the whole formula."""
        raise ScheduleError(self.field, message, self.column)


# A table, since to look methods up by the names of classes takes a fifth of a formula's time.
_METHODS: dict[type[ast.AST], Callable[[_Walker, Any], Vector]] = {
    ast.Constant: _Walker.constant,
    ast.Name: _Walker.name,
    ast.UnaryOp: _Walker.signed,
    ast.BinOp: _Walker.joined,
    ast.Compare: _Walker.compared,
    ast.Attribute: _Walker.dotted,
    ast.Call: _Walker.called,
}
