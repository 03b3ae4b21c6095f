"""What to write instead of what is no formula, in the words of the person who wrote it."""

import ast
import re
from collections.abc import Callable, Collection
from difflib import get_close_matches

from dreamreel.schedule.notes import quote

# What other languages and people call what is called otherwise here.
_OTHER_NAMES = {
    **{f"a{name}": f"arc{name}" for name in ("sin", "cos", "tan", "tan2", "sinh", "cosh", "tanh")},
    **dict.fromkeys(("frame", "f", "x", "i", "n", "time", "frame_idx", "current_frame", "T"), "t"),
    **dict.fromkeys(("max_frame", "last_frame", "maxf", "MAX_F"), "max_f"),
    **dict.fromkeys(("max_frames", "num_frames", "frames", "length"), "max_f + 1"),
    **dict.fromkeys(("seed", "S"), "s"),
    "PI": "pi",
    "e": "exp(1)",
    "ln": "log",
    "log2": "log(x)/log(2)",
    "fabs": "abs",
    "ceiling": "ceil",
    "pow": "x**y",
    "rint": "round",
    "trunc": "floor(x)",
    "int": "floor(x)",
    "mod": "x % y",
    "sign": "where(x<0, -1, 1)",
    "sgn": "where(x<0, -1, 1)",
    "clamp": "clip",
    "minimum": "min",
    "maximum": "max",
    "if": "where",
    "iif": "where",
    "radians": "x*pi/180",
    "deg2rad": "x*pi/180",
}
_NAME = re.compile(r"[A-Za-z_]\w*")
_NUMBERS = re.compile(r"(?<![\w.])[0-9][0-9._]*(?:[eE][+-]?[0-9]+)?\w*")
# (what a text looks like that Python cannot read, what to write); {1} is what the first group found.
_UNREADABLE = [
    (r"[²³]", '"**2" or "**3" for a power'),
    (r"[≤≥≠]|=<|=>|<>", '"<=", ">=" or "!="'),
    (r"√", "sqrt(...)"),
    (r"[°$@#\\{}\[\]]", 'a formula without "{0}"'),
    (r"\?", 'where(condition, value, other) for "condition ? value : other"'),
    (r"&&", '(a) & (b) for "a && b"'),
    (r"\|\|", '(a) | (b) for "a || b"'),
    (r"!(?!=)", '~(condition) for "!condition"'),
    (r"(?<![<>=!])=(?!=)", '"==" to compare'),
    (r"\bif\b", "where(condition, value, other)"),
    (r"(?<![\w.])([0-9][0-9.]*)\s*([A-Za-z_(])", '"*" between {1} and what it multiplies'),
    (r"\)\s*[\w(]", '"*" between a bracket and what it multiplies'),
    (r"([0-9.]+)\s*%\s*$", 'a share such as 0.5 for "50%"'),
    (r"([A-Za-z_]\w*)\s+[\w.]", "brackets around what a function takes, such as sin(t)"),
    (r"[-+*/%<>=&|~,]\s*$", "what comes after the last sign"),
]


def is_glued(text: str) -> bool:
    """Whether a number stands right before a name, as in 2t: Python reads some of these, with a warning on stderr."""
    for found in _NUMBERS.finditer(text):
        try:
            float(found[0])
        except ValueError:
            return not re.fullmatch(r"0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+", found[0])
    return False


def of_text(text: str) -> str:
    """Advice on a text that Python's parser does not take; empty where there is none."""
    if not text.strip():
        return "; it is empty"
    if comma := re.fullmatch(r"\s*([-+]?[0-9]{1,20}),([0-9]{1,20})\s*", text):
        return f"; write {comma[1]}.{comma[2]} for a decimal comma"
    for pattern, advice in _UNREADABLE:
        if found := re.search(pattern, text):
            return "; write " + advice.replace("{0}", found[0]).replace("{1}", found[1] if found.groups() else "")
    return ""


def of_node(node: ast.AST, source: Callable[[ast.AST], str]) -> str:
    """Why a part of a parsed text is not part of a formula, and what is. source: the text of a node."""
    if isinstance(node, ast.BinOp):
        return _of_operator(node, source(node.left), source(node.right))
    if isinstance(node, ast.IfExp):
        return f'there is no "if"; write where({source(node.test)}, {source(node.body)}, {source(node.orelse)})'
    if isinstance(node, ast.BoolOp):
        sign, word = ("*", "and") if isinstance(node.op, ast.And) else ("|", "or")
        joined = f" {sign} ".join(f"({source(value)})" for value in node.values)
        return f'there is no "{word}"; write {joined}'
    if isinstance(node, ast.UnaryOp):
        return f'there is no "not"; write ~({source(node.operand)})'
    if isinstance(node, ast.Tuple):
        return _of_commas([source(each) for each in node.elts])
    if isinstance(node, ast.Attribute):
        return f"{quote(source(node))} is unknown: there are no dots between names; write {node.attr}"
    if isinstance(node, ast.Constant):
        return f"{source(node)} is not a number"
    return f"{quote(source(node))} is not part of a formula"


def of_name(name: str, variables: Collection[str], functions: Collection[str], is_called: bool = False) -> str:
    """Why a name means nothing, with the few of variables and functions that may be meant; is_called: of functions."""
    known = [*variables, *functions]
    meant = functions if is_called else known
    near = [_OTHER_NAMES[name]] if name in _OTHER_NAMES else get_close_matches(name.lower()[:40], meant, 3, 0.7)
    near = [each for each in near if {*_NAME.findall(each)} <= {*known, "x", "y"}]
    listed = "" if is_called else ", ".join(variables) + " and "
    hint = f"write {' or '.join(near)}" if near else f"known are {listed}functions such as sin, max and where"
    return f"{quote(name)} is unknown; {hint}"


def _of_operator(node: ast.BinOp, left: str, right: str) -> str:
    advice = {
        ast.BitXor: f'"^" is no power here; write {left}**{right}',
        ast.FloorDiv: f'there is no "//"; write floor({left}/{right})',
        ast.MatMult: f'there is no "@"; write {left}*{right}',
    }
    return advice.get(type(node.op), f"{left} and {right} are joined by a sign that formulas do not have")


def _of_commas(values: list[str]) -> str:
    if len(values) == 2 and all(value.lstrip("-").isdecimal() for value in values):
        return f"a value is one number: write {values[0]}.{values[1]} for a decimal comma"
    return "a value is one number: there are commas only inside the brackets of a function"
