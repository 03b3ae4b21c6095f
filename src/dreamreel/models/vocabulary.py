"""The words that a small model was trained on, and the nearest of them to a word it was not."""

import re
from dataclasses import dataclass, field
from difflib import get_close_matches


@dataclass(frozen=True)
class Vocabulary:
    """words: every word of the training captions. nearest: other words -> the closest in meaning."""

    words: frozenset[str]
    nearest: dict[str, str] = field(default_factory=dict)

    def remarks(self, prompt: str) -> list[str]:
        """One sentence that names the words of prompt it does not know, and what it takes them for."""
        unknown = [word for word in dict.fromkeys(re.findall(r"[a-z]+", prompt.lower())) if not self.knows(word)]
        if not unknown:
            return []
        named = ", ".join(self._name(word) for word in unknown[:12])
        more = f" and {len(unknown) - 12} more" if len(unknown) > 12 else ""
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

    def _name(self, word: str) -> str:
        taken = self.nearest.get(word) or self.nearest.get(word.removesuffix("s"))
        close = [taken] if taken else get_close_matches(word, self.words, 1)
        return f'"{word}" (nearest: {close[0]})' if close else f'"{word}"'
