"""Texts and JSON that people wrote, from a file or from stdin."""

import sys
from pathlib import Path

from dreamreel.errors import InputError
from dreamreel.importers.reading import marked_encoding

STDIN = Path("-")
# Of a file: far more than the texts of one request may hold together.
_MOST_BYTES = 16 * 1024 * 1024


def shown(path: Path) -> str:
    """What sentences call the file at path."""
    return "stdin" if path == STDIN else str(path)


def read_bytes(path: Path, option: str, most: int = _MOST_BYTES) -> bytes:
    """What the file at path holds, or stdin for `-`. option: that named it. Raises InputError for more than most."""
    try:
        if path == STDIN:
            content = sys.stdin.buffer.read(most + 1)
        else:
            with path.open("rb") as file:
                content = file.read(most + 1)
    except OSError as error:
        raise InputError(option, f"{shown(path)} cannot be read: {error.strerror}") from None
    if len(content) > most:
        raise InputError(option, f"{shown(path)} has more than {most >> 20} MiB")
    return content


def read_text(path: Path, option: str) -> str:
    """The text in the file at path, or on stdin for `-`. option: that named it. Raises InputError."""
    content = read_bytes(path, option)
    try:
        return content.decode(marked_encoding(content) or "utf-8")
    except UnicodeDecodeError:
        raise InputError(option, f"{shown(path)} is not UTF-8 text") from None
