"""`a [cat:dog:0.5]`, `[a|b] sky`: prompts that change while one picture is drawn, as AUTOMATIC1111's webui reads them.

Source: the grammar of its modules/prompt_parser.py, `schedule_parser` (1.6 and later), which is an Earley parser's and
takes minutes for a long text. This one reads the same texts as the same in one pass: a bracket counts if all between
it and its partner is well formed, else it is a word.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite

from dreamreel.errors import ScheduleError
from dreamreel.schedule.bounds import check_length

MAX_OPEN = 200
MAX_CHANGES = 1000
# Of all texts that the steps of one prompt show together.
MAX_SHOWN = 4_000_000
_TOKEN = re.compile(r"(?:[^\\\[\]():|]|\\.)+|[\[\]():|]|\\")
_NUMBER = re.compile(r"\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s*")
_PARTNER = {")": "(", "]": "["}


@dataclass(frozen=True)
class Swap:
    """[before:after:when]. when: as written."""

    before: "tuple[Node, ...]"
    after: "tuple[Node, ...]"
    when: str


@dataclass(frozen=True)
class Turns:
    """[a|b|c]: one after the other, a step each."""

    options: "tuple[tuple[Node, ...], ...]"


Node = str | Swap | Turns
Nodes = tuple[Node, ...]
# (last step, counted from 1, what is shown up to it)
Schedule = list[tuple[int, str]]


@dataclass(eq=False)
class _Group:
    """A bracket that is not closed yet. parts: separated by colons or bars."""

    bracket: str
    parts: list[list[Node]] = field(default_factory=lambda: [[]])
    colons: int = 0
    bars: int = 0


def parse_edits(text: str, name: str) -> Nodes:
    """text as words and what changes; all of it is words where it is not well formed.

    name: of the field. Raises ScheduleError for a text that is too long, or has too many brackets open or changes.
    """
    check_length(text, name)
    shown: list[Node] = []
    opened: list[_Group] = []
    changes = 0
    for found in _TOKEN.finditer(text):
        token = found[0]
        here = opened[-1].parts[-1] if opened else shown
        if token == "\\" or (token == "|" and not opened):
            return (text,)
        if token in ("(", "["):
            _refuse_more(len(opened) + 1, MAX_OPEN, "open brackets", found.start(), name)
            opened.append(_Group(token))
        elif not opened:
            here.append(token)
        elif token in (":", "|"):
            group = opened[-1]
            group.colons, group.bars = group.colons + (token == ":"), group.bars + (token == "|")
            group.parts.append([])
        elif token in _PARTNER:
            group = opened.pop()
            nodes = _closed(group, token)
            if nodes is None:
                if not _spill([*opened, group], shown):
                    return (text,)
                opened = []
                shown.append(token)
                continue
            changes += token == "]" and len(group.parts) > 1
            _refuse_more(changes, MAX_CHANGES, "changes", found.start(), name)
            (opened[-1].parts[-1] if opened else shown).extend(nodes)
        else:
            here.append(token)
    return tuple(_joined(shown)) if _spill(opened, shown) else (text,)


def _closed(group: _Group, token: str) -> list[Node] | None:
    """What a group is once it is closed; None if it is none."""
    if group.bracket != _PARTNER[token]:
        return None
    if token == ")":
        return None if group.bars or group.colons > 1 else [*_joined(["(", *_between(group, ":"), ")"])]
    if not group.bars and not group.colons:
        return [*_joined(["[", *group.parts[0], "]"])]
    parts = [tuple(_joined(part)) for part in group.parts]
    if not group.colons:
        return [Turns(tuple(parts))]
    when = _number(group.parts[-1])
    if group.bars or group.colons > 2 or when is None:
        return None
    return [Swap(parts[0] if group.colons == 2 else (), parts[-2], when)]


def _spill(groups: list[_Group], shown: list[Node]) -> bool:
    """Groups that are none are words, up to their bars: with one of those nothing of the text is well formed."""
    for group in groups:
        if group.bars:
            return False
        shown += [group.bracket, *_between(group, ":")]
    return True


def _between(group: _Group, sign: str) -> Iterator[Node]:
    for number, part in enumerate(group.parts):
        if number:
            yield sign
        yield from part


def _refuse_more(count: int, most: int, things: str, place: int, name: str) -> None:
    if count > most:
        raise ScheduleError(name, f"more than {most} {things} at column {place + 1}", place + 1)


def _number(part: list[Node]) -> str | None:
    """The number that is all of part."""
    text = "".join(part) if all(isinstance(each, str) for each in part) else ""  # type: ignore[arg-type]
    found = _NUMBER.fullmatch(text) if len(text) < 100 or not text.strip()[100:] else None
    return found[1] if found and isfinite(float(found[1])) else None


def _joined(nodes: list[Node]) -> Iterator[Node]:
    """Words beside each other as one."""
    words: list[str] = []
    for node in nodes:
        if isinstance(node, str):
            words.append(node)
            continue
        if words:
            yield "".join(words)
            words = []
        yield node
    if words:
        yield "".join(words)


def last_step(when: str, steps: int) -> int:
    """The last of steps at which the first prompt of a Swap is shown; below 1: none.

    With a point it is a share of the steps, else a step.
    """
    value = float(when)
    return min(steps, int(value * steps if "." in when else value))


def at_step(nodes: Nodes, step: int, steps: int) -> str:
    """What is shown at a step, counted from 1, of so many."""
    return "".join(_shown(nodes, step, steps))


def _shown(nodes: Nodes, step: int, steps: int) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, str):
            yield node
        elif isinstance(node, Swap):
            yield from _shown(node.before if step <= last_step(node.when, steps) else node.after, step, steps)
        else:
            yield from _shown(node.options[(step - 1) % len(node.options)], step, steps)


def schedule_of(nodes: Nodes, steps: int, name: str) -> Schedule:
    """What is shown over the steps, in order; the last entry ends with them. Neighbours may be equal, as in the source.

    Raises ScheduleError if that is more text than a picture's steps may have.
    """
    ends = list(range(1, steps + 1)) if _takes_turns(nodes) else sorted({steps, *_ends(nodes, steps)})
    shown: Schedule = []
    size = 0
    for end in ends:
        shown.append((end, at_step(nodes, end, steps)))
        size += len(shown[-1][1])
        if size > MAX_SHOWN:
            raise ScheduleError(name, f"is too long to change at {len(ends)} of {steps} steps", 1)
    return shown


def _ends(nodes: Nodes, steps: int) -> Iterator[int]:
    for node in nodes:
        if isinstance(node, Swap):
            if (end := last_step(node.when, steps)) >= 1:
                yield end
            yield from _ends((*node.before, *node.after), steps)


def _takes_turns(nodes: Nodes) -> bool:
    swaps = (node for node in nodes if isinstance(node, Swap))
    return any(isinstance(node, Turns) for node in nodes) or any(
        _takes_turns((*swap.before, *swap.after)) for swap in swaps
    )
