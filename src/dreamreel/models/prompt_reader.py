"""What a model cannot take of a prompt, by its tokenizer and its list of words: no weights, no torch."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path

from dreamreel.models.chunking import BREAK, Part, split_chunks
from dreamreel.models.layout import read_card, read_json
from dreamreel.models.tokenizer import DEFAULT_LIMIT, FIRST_LEARNED, ClipTokenizer, load_tokenizer
from dreamreel.models.vocabulary import Vocabulary, read_vocabulary

# Of a prompt with one blank between words: far more than any text encoder takes.
_LONGEST = 20_000
_SHOWN = 200


@dataclass(frozen=True)
class PromptReader:
    """Reads prompts as the model does. vocabulary: for a model that knows only some words."""

    tokenizer: ClipTokenizer
    vocabulary: Vocabulary | None = None

    def remarks(self, prompt: str) -> Iterator[str]:
        """Sentences on what of prompt the model cannot take: words it was not trained on, and what is cut off."""
        text = re.sub(r"\s+", " ", prompt).strip()[:_LONGEST]
        if self.vocabulary is not None:
            yield from self.vocabulary.remarks(text)
        if cut := self._cut(text.split(" ")):
            yield f'the text encoder takes {self.tokenizer.limit} tokens; cut off: "{cut[:_SHOWN]}"'

    def remarks_on(self, phrase: Sequence[Part], chunks: int) -> Iterator[str]:
        """The same of weighted words, of which the text encoder takes so many chunks."""
        written = " ".join(words.strip() for words, factor in phrase if (words, factor) != BREAK)
        if self.vocabulary is not None:
            yield from self.vocabulary.remarks(written[:_LONGEST])
        each_word = [(word, factor) for words, factor in phrase for word in _words(words)]

        known = self.vocabulary
        read = each_word if known is None else [(known.translated(word), factor) for word, factor in each_word]

        def is_too_long(count: int) -> bool:
            return len(split_chunks(read[:count], self.tokenizer)) > chunks

        if not is_too_long(len(read)):
            return
        first = bisect_left(range(1, len(each_word) + 1), True, key=is_too_long)
        if cut := " ".join(word.strip() for word, _ in each_word[first:]):
            yield f'the text encoder takes {chunks} times {self.tokenizer.limit - 2} tokens; cut off: "{cut[:_SHOWN]}"'

    def _cut(self, words: list[str]) -> str:
        """The words from the first on that does not fit into the text encoder, as written; empty if all do."""
        first = bisect_left(range(1, len(words) + 1), True, key=lambda count: self._is_too_long(words[:count]))
        return " ".join(words[first:])

    def _is_too_long(self, words: list[str]) -> bool:
        text = " ".join(words)
        read = text if self.vocabulary is None else self.vocabulary.translated(text)
        return len(self.tokenizer.ids(read)) > self.tokenizer.limit


def _words(text: str) -> list[str]:
    return re.findall(r"\s*\S+", text)


@lru_cache(4)
def load_prompt_reader(path: Path, learned: tuple[tuple[str, int], ...] = ()) -> PromptReader:
    """The reader of the model at path, a diffusers folder or a checkpoint file. Raises ModelError.

    learned: words that stand for so many tokens of their own.
    """
    reader = _plain_reader(path)
    if not learned:
        return reader
    tokens = {word: (FIRST_LEARNED,) * count for word, count in learned}
    return replace(reader, tokenizer=reader.tokenizer.knowing(tokens))


def _plain_reader(path: Path) -> PromptReader:
    if not path.is_dir():
        with as_file(files("dreamreel.data") / "sd1" / "tokenizer") as shipped:
            return PromptReader(load_tokenizer(shipped))
    limit = read_json(path / "text_encoder" / "config.json").get("max_position_embeddings", DEFAULT_LIMIT)
    return PromptReader(load_tokenizer(path / "tokenizer", limit), read_vocabulary(read_card(path)))
