"""Where the functions of a JavaScript module begin and end, by its brackets: no parser, and enough for the studio."""

import re
from collections.abc import Iterator
from typing import NamedTuple

TOKEN = re.compile(
    r"""(?P<blank>\s+|//[^\n]*|/\*.*?\*/)|(?P<pattern>/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/\w*)"""
    r"""|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[\w$#@]+|=>|\?\.|\?\?|&&|\|\||.""",
    re.DOTALL,
)
# To the end of a template, or to where an expression in it begins.
TEMPLATE = re.compile(r"(?:\\.|\$(?!\{)|[^`\\$])*(`|\$\{)", re.DOTALL)
CLOSES = {")": "(", "]": "[", "}": "{"}
CONTROL = {"if", "for", "await", "while", "switch", "catch"}
# Where one of these ends a line, or begins the next one, an expression goes on.
JOINS = re.compile(r"[=.?:&|+*/%<>-]|in$|instanceof$")


class Token(NamedTuple):
    """line: where it ends, from 1. depth: how many brackets and templates are open around it."""

    text: str
    line: int
    depth: int


def tokens(source: str) -> Iterator[Token]:
    """Words, texts, signs and brackets; of a template, its two ends and the expressions in it."""
    at, opened = 0, []
    before = ""
    while at < len(source):
        in_template = opened[-1:] == ["`"]
        found = (TEMPLATE if in_template else TOKEN).match(source, at)
        # What stands behind a value is a division, not a pattern.
        if not in_template and found["pattern"] and re.match(r"[\w$)\]]", before[-1:]) and before != "return":
            found = re.compile("/").match(source, at)
        at, text = found.end(), found[1] if in_template else found[0]
        if not in_template and found.re is TOKEN and found["blank"]:
            continue
        if (in_template and text == "`") or text in CLOSES:
            opened.pop()
        yield Token(text, source.count("\n", 0, at) + 1, len(opened))
        if text in ("(", "[", "{", "${") or (text == "`" and not in_template):
            opened.append(text)
        before = text


def functions(source: str) -> Iterator[tuple[int, int]]:
    """The first and last line of each function, those within others too."""
    read = list(tokens(source))
    begins, open_at = {}, []  # the place of what opened, by the place of what closes it
    for idx, token in enumerate(read):
        if token.text in CLOSES:
            begins[idx] = open_at.pop()
        elif token.text in ("(", "[", "{", "${"):
            open_at.append(idx)
    ends = {begin: end for end, begin in begins.items()}
    for idx, token in enumerate(read):
        before = begins.get(idx - 1)  # the bracket before the parameters
        if token.text == "=>":
            end = ends[idx + 1] if read[idx + 1].text == "{" else _end_of_expression(read, idx + 1)
            yield read[idx - 1 if before is None else before].line, read[end].line
        elif token.text == "{" and before is not None and read[before - 1].text not in CONTROL:
            yield read[before - 1].line, read[ends[idx]].line


def _end_of_expression(read: list[Token], begin: int) -> int:
    """The place of its last token, by the depth at which it stands and the signs that join lines."""
    depth = read[begin].depth
    for idx in range(begin, len(read) - 1):
        token, after = read[idx], read[idx + 1]
        if token.depth > depth:
            continue
        if after.depth < depth or (after.depth == depth and after.text in (",", ";")):
            return idx
        is_joined = JOINS.match(token.text) or JOINS.match(after.text) or after.text in ("(", "[", "`")
        if after.depth == depth and after.line > token.line and not is_joined:
            return idx
    return len(read) - 1
