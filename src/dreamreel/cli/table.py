"""Texts of other people on a terminal: they are shown and never obeyed."""

import json
import unicodedata

# Controls, marks such as those that turn the direction of a line, halves of pairs, and what Unicode takes for
# line breaks; but not the two joiners that emoji and several scripts are written with.
_ESCAPED, _JOINERS = ("Cc", "Cf", "Cs", "Zl", "Zp"), "\u200c\u200d"


def print_row(*cells: object) -> None:
    """Prints cells with tabs between them, as one line."""
    print("\t".join(visible(str(cell)) for cell in cells))


def visible(text: str) -> str:
    """text with what a terminal would obey, or nobody would see, as escapes: `\\n`, `\\x1b`, `\\u202e`."""
    return "".join(each.encode("unicode_escape").decode() if _is_escaped(each) else each for each in text)


def visible_lines(text: str) -> str:
    """The same for a text of many lines."""
    return "\n".join(visible(line) for line in text.split("\n"))


def visible_json(document: object) -> str:
    """A document as JSON for people, in which every such character is an escape of JSON's own."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return "".join(json.dumps(each)[1:-1] if each != "\n" and _is_escaped(each) else each for each in text)


def _is_escaped(character: str) -> bool:
    return unicodedata.category(character) in _ESCAPED and character not in _JOINERS
