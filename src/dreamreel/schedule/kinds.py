"""Which formulas numexpr works out at all: it knows truth, whole numbers and fractions, and has no sign for some pairs.

Source: numexpr 2.8, expressions.py and opcodes.hpp, by which the notebook and the A1111 extension make their schedules.
Whatever holds no variable is Python's own there, so that `-7 % 3` is 2.
"""

import ast
from typing import NamedTuple, NoReturn

TRUTH, WHOLE, FRACTION = range(3)
LARGEST_WHOLE = 2**63
# A part of a formula that cannot be worked out, and why.
Wrong = tuple[ast.AST, str]


class Kind(NamedTuple):
    """rank: of TRUTH, WHOLE, FRACTION. constant: whether it holds no variable."""

    rank: int
    constant: bool


class _KindError(Exception):
    def __init__(self, node: ast.AST, reason: str) -> None:
        super().__init__(reason)
        self.found: Wrong = (node, reason)


def wrong(body: ast.AST) -> Wrong | None:
    """The first part of a formula that numexpr has no sign for; None for one that it works out, or does not know."""
    try:
        kind_of(body)
    except _KindError as error:
        return error.found
    return None


def is_constant(node: ast.AST) -> bool:
    """Whether a part of a formula holds no variable, and no function."""
    return not any(isinstance(each, ast.Name) for each in ast.walk(node))


def kind_of(node: ast.AST) -> Kind:
    """What a part of a formula is worth; of what is in no formula, anything."""
    if isinstance(node, ast.Constant):
        return _of_constant(node)
    if isinstance(node, ast.Compare):
        sides = [kind_of(each) for each in (node.left, *node.comparators)]
        return Kind(TRUTH, all(side.constant for side in sides))
    if isinstance(node, ast.UnaryOp):
        return _of_sign(node, kind_of(node.operand))
    if isinstance(node, ast.BinOp):
        return _of_pair(node, kind_of(node.left), kind_of(node.right))
    if isinstance(node, ast.Call):
        return _of_function(node, [kind_of(each) for each in node.args])
    return Kind(WHOLE if isinstance(node, ast.Name) else FRACTION, False)


def _of_constant(node: ast.Constant) -> Kind:
    if isinstance(node.value, int) and node.value >= LARGEST_WHOLE:
        _refuse(node, f"{node.value} is too large a number for this profile")
    return Kind(FRACTION if isinstance(node.value, float) else WHOLE, True)


def _of_sign(node: ast.UnaryOp, kind: Kind) -> Kind:
    if not kind.constant:
        if isinstance(node.op, ast.Invert) and kind.rank != TRUTH:
            _refuse(node, '"~" takes a comparison in this profile, as in ~(t>9)')
        if isinstance(node.op, ast.USub) and kind.rank == TRUTH:
            _refuse(node, 'a comparison has no sign in this profile; write -1*(t>9) for "-(t>9)"')
    return kind


def _of_pair(node: ast.BinOp, left: Kind, right: Kind) -> Kind:
    rank, constant = max(left.rank, right.rank), left.constant and right.constant
    if isinstance(node.op, ast.BitAnd | ast.BitOr):
        if not constant and rank != TRUTH:
            _refuse(node, '"&" and "|" join comparisons alone in this profile, as in (t>9) & (t<30)')
        return Kind(rank, constant)
    if rank == TRUTH and not constant:
        _refuse(node, "two comparisons are joined by & and | alone in this profile; write 1*(t>9) for a number")
    is_below = right.constant and isinstance(node.right, ast.UnaryOp) and isinstance(node.right.op, ast.USub)
    if isinstance(node.op, ast.Pow) and rank != FRACTION and is_below and not left.constant:
        _refuse(node, "a whole number has no negative power in this profile; write 1/(...)")
    return Kind(FRACTION if isinstance(node.op, ast.Div) else rank, constant)


def _of_function(node: ast.Call, kinds: list[Kind]) -> Kind:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name == "where" and len(kinds) == 3:
        if kinds[0].rank != TRUTH and not kinds[0].constant:
            _refuse(node, "where() asks for a comparison in this profile, as in where(t>9, 1, 2)")
        return Kind(max(kinds[1].rank, kinds[2].rank), False)
    return Kind(kinds[0].rank if name in ("sum", "prod", "min", "max") and kinds else FRACTION, False)


def _refuse(node: ast.AST, reason: str) -> NoReturn:
    raise _KindError(node, reason)
