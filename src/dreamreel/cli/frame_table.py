"""The table of frames that `check` prints: numbers whole, and what never changes said once above it."""

import shutil
import sys
from collections.abc import Iterator

from dreamreel.animation.plan import AnimationPlan, table
from dreamreel.cli.table import visible

_NAMES = {"translation_x": "tx", "translation_y": "ty"}
# On a terminal, a prompt is cut to what is left of the line, but not below this.
_SHORTEST_PROMPT = 20
# Longer fractions were not written by anybody: they are from between two keys, or from a formula.
_LONGEST_WRITTEN = 12
_NONE = "-"


def frame_lines(plan: AnimationPlan, width: int | None) -> Iterator[str]:
    """The lines of the table: what is the same in every frame, what is from the first on, and a row for each frame.

    width: of the terminal, to which prompts are cut and nothing else; None: prompts stay whole.
    """
    # What a frame does not take counts in no comparison.
    rows = [{name: _NONE if value is None else _shown(value) for name, value in row.items()} for row in table(plan)]
    constant, after_first, varying = [], [], []
    for name in rows[0]:
        values, later = ([row[name] for row in some if row[name] != _NONE] for some in (rows, rows[1:]))
        changes = len(set(values if name in ("seed", "prompt") else later)) > 1
        if changes or name == "frame":
            varying.append(name)
        elif name == "prompt":
            yield f"Prompt: {values[0]}"
        elif len(set(values)) == 1:
            constant.append(f"{_NAMES.get(name, name)} {values[0]}")
        else:
            after_first.append(f"{_NAMES.get(name, name)} {later[0]} (frame 0: {values[0]})")
    for title, columns in (("Every frame", constant), ("From frame 1 on", after_first)):
        if columns:
            yield f"{title}: {', '.join(columns)}"
    yield from _aligned(rows, [*(name for name in varying if name != "prompt"), *(set(varying) & {"prompt"})], width)


def terminal_width() -> int | None:
    """Columns of the terminal that stdout is; None where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _aligned(rows: list[dict[str, str]], names: list[str], width: int | None) -> Iterator[str]:
    """A line of names and one for each row: numbers to the right, prompts last and to the left."""
    titles = [_NAMES.get(name, name) for name in names]
    numbers = [name for name in names if name != "prompt"]
    sizes = [max(len(title), *(len(row[name]) for row in rows)) for title, name in zip(titles, numbers, strict=False)]
    used = sum(sizes) + 2 * len(sizes)
    room = None if width is None else max(width - used, _SHORTEST_PROMPT)
    for cells in [titles, *([row[name] for name in names] for row in rows)]:
        line = "  ".join(cell.rjust(size) for cell, size in zip(cells, sizes, strict=False))
        yield line if len(names) == len(numbers) else f"{line}  {_cut(cells[-1], room)}"


def _cut(text: str, room: int | None) -> str:
    from rich.cells import cell_len, set_cell_size

    return text if room is None or cell_len(text) <= room else set_cell_size(text, room - 1).rstrip() + "…"


def _shown(value: object) -> str:
    """A number whole, but for digits that arithmetic made; a text on one line."""
    if not isinstance(value, float):
        return visible(str(value))
    written = repr(value + 0.0).removesuffix(".0")
    return written if len(written) <= _LONGEST_WRITTEN and "e" not in written else f"{round(value, 6) + 0.0:.15g}"
