"""`(cat:`0.5+t/100`)`: formulas in back-ticks, whose value at a frame stands in the prompt of that frame."""

import ast
import math
import re
from collections.abc import Callable, Iterator
from operator import add, and_, floordiv, mod, mul, neg, or_, pos, pow, sub, truediv, xor
from typing import NoReturn

import numpy as np

from dreamreel.errors import ScheduleError
from dreamreel.schedule.expressions import MAX_LENGTH
from dreamreel.schedule.language import MAX_NODES
from dreamreel.schedule.notes import quote

MAX_FORMULAS = 100
_FORMULA = re.compile(r"`([\S\s]*?)`")
# What stands in the prompt for the formula at a column.
TextOf = Callable[[str, int], str]


def formulas(text: str, field: str) -> Iterator[tuple[str, int]]:
    """Each formula of text and its column. Raises ScheduleError for more than MAX_FORMULAS."""
    for number, found in enumerate(_FORMULA.finditer(text)):
        if number == MAX_FORMULAS:
            column = found.start() + 1
            raise ScheduleError(field, f"more than {MAX_FORMULAS} formulas in one prompt", column)
        yield found[1], found.start(1) + 1


def substituted(text: str, field: str, text_of: TextOf) -> str:
    """text with each formula replaced by what text_of gives for it. A single back-tick is a character."""
    if "`" not in text:
        return text
    values = iter([text_of(formula, column) for formula, column in formulas(text, field)])
    return _FORMULA.sub(lambda _: next(values), text)


def written(value: float) -> str:
    """A number as every parser of weights reads it: whole ones without a point, none with an exponent."""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(np.format_float_positional(value, trim="0"))


def letters_replaced(formula: str, column: int, frame: int, last_frame: int, field: str) -> str:
    """A formula's value as the A1111 extension writes it: every letter t is the frame's number, also that of sqrt.

    Source: deforum_helpers/prompt.py, `prepare_prompt`. What is left has no variables, so that Python works it out and
    numexpr its functions alone. Raises ScheduleError for what fails there.
    """
    source = formula.replace("t", str(frame)).replace("max_f", str(last_frame))
    value = _Constants(formula, source, column, field).value()
    return str(value)


# Whole numbers are Python's own, so that they are written without a point.
Number = int | float
_BINARY: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: add,
    ast.Sub: sub,
    ast.Mult: mul,
    ast.Div: truediv,
    ast.FloorDiv: floordiv,
    ast.Mod: mod,
    ast.BitAnd: and_,
    ast.BitOr: or_,
    ast.BitXor: xor,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Number, Number], bool]] = {
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
}
_OF_ONE = ("sin", "cos", "arcsin", "arccos", "sinh", "cosh", "arcsinh", "arccosh")
_FUNCTIONS: dict[str, tuple[int, Callable[..., Number]]] = {
    **{name: (1, getattr(np, name)) for name in (*_OF_ONE, "exp", "expm1", "log", "log10", "log1p", "abs")},
    **{name: (1, getattr(np, name)) for name in ("floor", "ceil")},
    "fmod": (2, np.fmod),
    "where": (3, lambda condition, yes, no: yes if condition else no),
}
# Of whole numbers; numexpr's are of 64 bits.
_MOST_BITS = 63


class _Constants:
    """A formula without variables, on Python's numbers: whole ones stay whole."""

    def __init__(self, formula: str, source: str, column: int, field: str) -> None:
        self.formula, self.source, self.column, self.field = formula, source, column, field

    def value(self) -> Number:
        if len(self.source) > MAX_LENGTH:
            self.refuse(f"is longer than {MAX_LENGTH} characters")
        try:
            body = ast.parse(self.source.strip(), mode="eval").body
            if sum(1 for _ in ast.walk(body)) > MAX_NODES:
                self.refuse(f"has more than {MAX_NODES} terms")
            with np.errstate(all="ignore"):
                value = self.of(body)
            fits = not isinstance(value, complex) and math.isfinite(value)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError, TypeError, ZeroDivisionError):
            fits = False
        if not fits:
            self.refuse("is not a number there")
        return value.item() if isinstance(value, np.generic) else value

    def of(self, node: ast.AST) -> Number:
        match node:
            case ast.Constant(value=int() | float() as value):
                return value
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
                return (neg if isinstance(sign, ast.USub) else pos)(self.of(operand))
            case ast.BinOp(op=ast.Pow(), left=left, right=right):
                return self.power(self.of(left), self.of(right))
            case ast.BinOp(op=operator, left=left, right=right) if type(operator) in _BINARY:
                return self.bounded(_BINARY[type(operator)](self.of(left), self.of(right)))
            case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in _COMPARE:
                return _COMPARE[type(operator)](self.of(left), self.of(right))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
                count, function = _FUNCTIONS[name]
                if len(arguments) != count:
                    self.refuse(f"{name}() takes {count} values")
                return function(*(self.of(each) for each in arguments))
        return self.refuse(f"{quote(ast.unparse(node))} is unknown there")

    def power(self, base: Number, exponent: Number) -> Number:
        if isinstance(base, int) and isinstance(exponent, int) and abs(base) > 1 and exponent > _MOST_BITS:
            raise OverflowError
        return self.bounded(pow(base, exponent))

    def bounded(self, value: Number) -> Number:
        if isinstance(value, int) and value.bit_length() > _MOST_BITS:
            raise OverflowError
        return value

    def refuse(self, reason: str) -> NoReturn:
        becomes = f", read as {quote(self.source)}: {reason}" if self.source != self.formula else f": {reason}"
        raise ScheduleError(
            self.field,
            f"the formula {quote(self.formula)} at column {self.column}{becomes}; this profile knows frame numbers "
            "alone, and takes every letter t for one; the profile dreamreel reads formulas as in schedules",
            self.column,
        )
