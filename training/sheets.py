"""Contact sheets: pictures in rows with their captions under them."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw
from torch import Tensor

CAPTION = 26  # pixels of height, two lines


def save_sheet(path: Path, pictures: Tensor, captions: Sequence[str], columns: int, side: int = 160) -> None:
    """Writes pictures (N, 3, H, W) in [0, 1] as a PNG, WebP or JPEG by the name of path."""
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * side, rows * (side + CAPTION)), "white")
    pen = ImageDraw.Draw(sheet)
    for i, (picture, text) in enumerate(zip(pictures, captions, strict=True)):
        pixels = (picture.clamp(0, 1).permute(1, 2, 0).numpy() * 255 + 0.5).astype("uint8")
        left, top = i % columns * side, i // columns * (side + CAPTION)
        sheet.paste(Image.fromarray(pixels).resize((side, side), Image.Resampling.LANCZOS), (left, top))
        for line, words in enumerate(_lines(text, side // 6)):
            pen.text((left + 3, top + side + 1 + 12 * line), words, fill="black")
    sheet.save(path)


def _lines(text: str, width: int) -> list[str]:
    if len(text) <= width:
        return [text]
    cut = text.rfind(" ", 0, width)
    cut = cut if cut > 0 else width
    return [text[:cut], text[cut:].strip()[:width]]
