"""Characters that keyboards, word processors and other scripts put where the grammars mean ASCII.

Every character stands for one character, so that a column in the plain text is the same column in the written one.
"""

import unicodedata
from collections.abc import Iterator

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_LIKE = {
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63",
    "'": "\u2018\u2019\u201a\u201b\u2032",
    '"': "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb",
    "*": "\u00d7\u22c5\u00b7\u2217",
    "/": "\u00f7\u2215\u2044",
    ",": "\u3001\u060c",
    ":": "\u2236\ufe55\ua789",
    ";": "\u037e\u061b",
    "|": "\u00a6\u2223\u2502",
    "(": "\u207d\u3014\u3010",
    ")": "\u207e\u3015\u3011",
    " ": "\ufeff\u200b\u200c\u200d\u2060\u00a0\u2007\u202f\u3000",
}
_PLAIN = _FULL_WIDTH | {ord(written): ord(plain) for plain, others in _LIKE.items() for written in others}


def plain(text: str) -> str:
    """text, as long as before, with the ASCII character in place of each that looks like one."""
    return text if text.isascii() else text.translate(_PLAIN)


def odd_marks(text: str) -> Iterator[tuple[int, str]]:
    """(index, sentence) of each mark in text, other than a blank, that looks like an ASCII one and is not."""
    for idx, character in enumerate(text):
        code = _PLAIN.get(ord(character), 0)
        if code and code != ord(" "):
            name = unicodedata.name(character, "unknown").lower()
            yield idx, f'"{character}" ({name}) stands where "{chr(code)}" is meant'
