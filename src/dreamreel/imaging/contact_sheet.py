"""Several images on one, each with a title and a text below it."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dreamreel.imaging import opencv as cv2

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

    Font = FreeTypeFont | ImageFont

Image = NDArray[np.uint8]

NARROWEST, WIDEST = 160, 320
MOST_COLUMNS = 6
_GAP, _TEXT_SIZE, _LINES = 12, 13, 3
_MOST_CHARACTERS = 1000  # far more than three lines hold
_LINE_HEIGHT = _TEXT_SIZE + 5
_PAPER, _INK, _PALE_INK = (24, 24, 27), (244, 244, 245), (161, 161, 170)
# Fonts that systems have, by what they cover; the one inside Pillow covers ASCII.
_FONTS = (
    *("DejaVuSans.ttf", "Arial.ttf", "NotoSans-Regular.ttf", "Arial Unicode.ttf"),
    *("NotoSansCJK-Regular.ttc", "PingFang.ttc", "Hiragino Sans GB.ttc", "msgothic.ttc", "msyh.ttc", "malgun.ttf"),
    *("NotoSansDevanagari-Regular.ttf", "NotoSansArabic-Regular.ttf", "NotoSansThai-Regular.ttf", "seguisym.ttf"),
)
_NO_CHARACTER = "\ufffe"


@dataclass(frozen=True, eq=False)
class Cell:
    """image: (H, W, 3) uint8 RGB, of one size in a sheet. title: a short line. text: wrapped, and cut after 3 lines.

    note: a line below the title.
    """

    image: Image
    title: str
    text: str
    note: str = ""


def contact_sheet(cells: Sequence[Cell]) -> Image:
    """cells, at least one, in rows from left to right, as (H, W, 3) uint8 RGB.

    Images are made 160 to 320 pixels wide. Characters that no font of the system has become boxes.
    """
    import PIL.Image
    import PIL.ImageDraw

    height, width = cells[0].image.shape[:2]
    shown_width = min(max(width, NARROWEST), WIDEST)
    shown_height = max(1, round(height * shown_width / width))
    columns = min(math.ceil(math.sqrt(len(cells))), MOST_COLUMNS)
    rows = math.ceil(len(cells) / columns)
    lines = 1 + _LINES + any(cell.note for cell in cells)
    cell_height = shown_height + lines * _LINE_HEIGHT + _GAP
    sheet = PIL.Image.new("RGB", (columns * (shown_width + _GAP) + _GAP, rows * (cell_height + _GAP) + _GAP), _PAPER)
    draw = PIL.ImageDraw.Draw(sheet)
    shrinks = shown_width < width
    for idx, cell in enumerate(cells):
        row, column = divmod(idx, columns)
        left, top = _GAP + column * (shown_width + _GAP), _GAP + row * (cell_height + _GAP)
        method = cv2.INTER_AREA if shrinks else cv2.INTER_NEAREST
        sheet.paste(
            PIL.Image.fromarray(cv2.resize(cell.image, (shown_width, shown_height), interpolation=method)), (left, top)
        )
        _write(draw, cell, left, top + shown_height + _GAP // 2, shown_width)
    return np.asarray(sheet, np.uint8)


def _write(draw: "ImageDraw", cell: Cell, left: int, top: int, width: int) -> None:
    draw.text((left, top), cell.title, _INK, _font(cell.title))
    # Controls have no shape, and a font's layout may fail on them.
    text = "".join(each if each.isprintable() else " " for each in cell.text[:_MOST_CHARACTERS])
    font = _font(text)
    if cell.note:
        draw.text((left, top + _LINE_HEIGHT), cell.note, _INK, _font(cell.note))
        top += _LINE_HEIGHT
    for number, line in enumerate(_wrapped(text, font, width), 1):
        draw.text((left, top + number * _LINE_HEIGHT), line, _PALE_INK, font)


def _wrapped(text: str, font: "Font", width: int) -> list[str]:
    """The first lines of text that fit into width, broken at blanks where there are any; the last may end in dots."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if len(lines) > _LINES:
            break
        if line and font.getlength(line + piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        while len(lines) <= _LINES and font.getlength(piece.rstrip()) > width:  # one word longer than a line
            fits = _fitting(piece, font, width)
            lines.append(piece[:fits])
            piece = piece[fits:]
        line += piece
    lines.append(line.rstrip())
    if len(lines) <= _LINES:
        return lines
    last = lines[_LINES - 1]
    while last and font.getlength(last + "...") > width:
        last = last[:-1]
    return [*lines[: _LINES - 1], last + "..."]


def _fitting(word: str, font: "Font", width: int) -> int:
    """How many of a long word's first characters fit into width, at least one. Laying text out is what takes long."""
    return max(1, bisect_right(range(len(word)), width, key=lambda count: math.ceil(font.getlength(word[:count]))) - 1)


def _pieces(text: str) -> Iterable[str]:
    """Words, each with the blank behind it."""
    return [word + " " for word in text.split()]


def _font(text: str) -> "Font":
    """Pillow's own font if it has all of text's characters, else the first of the system's that has them, or most."""
    from PIL import ImageFont

    own = ImageFont.load_default(_TEXT_SIZE)
    characters = set(text) - {" "}
    missing = {own: len(_missing(own, characters))}
    for name in _FONTS if missing[own] else ():
        try:
            font = ImageFont.truetype(name, _TEXT_SIZE)
        except OSError:
            continue
        missing[font] = len(_missing(font, characters))
        if not missing[font]:
            break
    return min(missing, key=lambda font: missing[font])


def _missing(font: "Font", characters: set[str]) -> set[str]:
    """The characters that font draws as it draws one that does not exist."""
    box = bytes(font.getmask(_NO_CHARACTER))
    return {each for each in characters if bytes(font.getmask(each)) == box}
