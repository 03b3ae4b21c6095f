"""The words that a small model was trained on, and the nearest of them to a word it was not."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import groupby
from typing import Any

_MOST_NAMED = 12
_LONGEST_NAMED = 40
# What CLIP's tokenizer takes off a word.
_ENDINGS = re.compile(r"['’](?:s|t|re|ve|m|ll|d)\b", re.IGNORECASE)
# Emoji are joined and coloured by these; scripts write them between letters.
_JOINERS = "\u200c\u200d\ufe0e\ufe0f"


@dataclass(frozen=True)
class Vocabulary:
    """words: every word of the training captions. nearest: other words -> the closest in meaning."""

    words: frozenset[str]
    nearest: Mapping[str, str] = field(default_factory=dict)

    def remarks(self, prompt: str) -> list[str]:
        """One sentence that names the words of prompt it does not know, of any script, and what it takes them for."""
        written = dict.fromkeys(words_of(_ENDINGS.sub("", prompt).lower()))
        unknown = [word for word in written if not self._knows_parts(word)]
        if not unknown:
            return []
        named = ", ".join(self._name(word) for word in unknown[:_MOST_NAMED])
        more = f" and {len(unknown) - _MOST_NAMED} more" if len(unknown) > _MOST_NAMED else ""
        return [f"the model was not trained on {named}{more}"]

    def translated(self, prompt: str) -> str:
        """prompt with the words that have a nearest one replaced by it."""
        return re.sub("[A-Za-z]+", lambda found: self._known(found[0]), prompt)

    def _known(self, word: str) -> str:
        lower = word.lower()
        return word if self.knows(lower) else self.nearest.get(lower) or self.nearest.get(lower.removesuffix("s"), word)

    def knows(self, word: str) -> bool:
        """Whether word, or its singular, was in the captions."""
        return any(form in self.words for form in (word, word.removesuffix("s"), word.removesuffix("es")))

    def _knows_parts(self, word: str) -> bool:
        """Whether word is known; what has digits in it is read as several."""
        return self.knows(word) or (not word.isalpha() and all(map(self.knows, re.findall("[^0-9]+", word))))

    def _name(self, word: str) -> str:
        taken = self.nearest.get(word) or self.nearest.get(word.removesuffix("s"))
        close = [taken] if taken else get_close_matches(word, self.words, 1)
        shown = word if len(word) <= _LONGEST_NAMED else word[: _LONGEST_NAMED - 3] + "..."
        return f'"{shown}" (nearest: {close[0]})' if close else f'"{shown}"'


def words_of(text: str) -> Iterator[str]:
    """The words of a text in any script, and its emoji; numbers are none."""
    for kind, run in groupby(_kinds(text), lambda each: each[0]):
        word = "".join(character for _, character in run)
        if kind == "S" or (kind == "L" and any(map(str.isalpha, word))):
            yield word


def _kinds(text: str) -> Iterator[tuple[str, str]]:
    """(L for what words are made of, S for symbols, an empty text for the rest; the character)."""
    kind = ""
    for character in text:
        category = unicodedata.category(character)
        if character not in _JOINERS and not (category[0] == "M" or category == "Sk"):  # those stay with what is before
            kind = "L" if category[0] in "LN" else "S" if category == "So" else ""
        yield kind, character


def read_vocabulary(card: Mapping[str, Any]) -> Vocabulary | None:
    """The words that a model's card lists; None where it lists none: such a model knows what CLIP knows."""
    listed = card.get("vocabulary")
    return Vocabulary(frozenset(listed["words"]), listed.get("nearest", {})) if listed else None
