"""CLIP's tokenizer: what transformers' CLIPTokenizer gives, from the same files. Needs no torch and no weights."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE

from dreamreel.errors import ModelError

# What CLIP takes for a word [openai/CLIP, simple_tokenizer.py].
WORDS = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"  # noqa: RUF100
DEFAULT_LIMIT = 77
# Tokens from here on are no tokenizer's own: they stand for vectors that were learned (adapters/learned_words.py).
FIRST_LEARNED = 10_000_000
# What a tokenizer is made of. Those made last are kept, since making one takes 0.2 s; nearly all models have the same.
_FILES = (
    *("vocab.json", "merges.txt", "tokenizer.json"),
    *("special_tokens_map.json", "tokenizer_config.json", "added_tokens.json"),
)
_MOST_KEPT = 8
_kept: dict[tuple[object, ...], "ClipTokenizer"] = {}


class ClipTokenizer:
    """Text to tokens. limit: how many the text encoder takes, those that begin and end a text included.

    end: the token that ends each text. learned: words that stand for tokens of their own, see knowing().
    """

    def __init__(
        self, backend: Tokenizer, pad: int, limit: int, end: int, learned: Mapping[str, tuple[int, ...]] | None = None
    ) -> None:
        self._backend, self._pad, self.limit, self.end = backend, pad, limit, end
        # By the first token of how each is spelled: (all of these, what they stand for), the longest first.
        self._learned: dict[int, list[tuple[list[int], tuple[int, ...]]]] = {}
        self._marked = None
        for word, tokens in (learned or {}).items():
            if spelled := backend.encode(word).ids[1:-1]:
                self._learned.setdefault(spelled[0], []).append((spelled, tokens))
        for each in self._learned.values():
            each.sort(key=lambda entry: -len(entry[0]))
        if learned:
            names = "|".join(re.escape(word) for word in sorted(learned, key=len, reverse=True))
            self._marked = re.compile(rf"\bembedding:(?=(?:{names})(?!\w))", re.IGNORECASE)

    def knowing(self, learned: Mapping[str, tuple[int, ...]]) -> "ClipTokenizer":
        """The same with words that stand for tokens of their own, wherever their spelling comes in a text.

        As AUTOMATIC1111's webui finds them; ComfyUI's `embedding:word` is read as that word, too.
        """
        return ClipTokenizer(self._backend, self._pad, self.limit, self.end, learned)

    def ids(self, text: str) -> list[int]:
        """All tokens of a text, with the first and the last, however many they are."""
        if not self._learned:
            return self._backend.encode(text).ids
        begin, end = self._ends
        return [begin, *(token for piece in self.pieces(text) for token in piece), end]

    def pieces(self, text: str) -> Iterator[Sequence[int]]:
        """The tokens of a text without the first and the last, those that stand for one learned word together."""
        if self._marked is not None:
            text = self._marked.sub("", text)
        tokens, place = self._backend.encode(text).ids[1:-1], 0
        while place < len(tokens):
            found = self._learned.get(tokens[place], ())
            fits = (each for each in found if tokens[place : place + len(each[0])] == each[0])
            spelled, piece = next(fits, (tokens[place : place + 1], (tokens[place],)))
            yield piece
            place += len(spelled)

    @cached_property
    def comma(self) -> int:
        """The token of a comma that stands alone."""
        return self.ids(",")[1]

    def framed(self, tokens: Sequence[int]) -> list[int]:
        """tokens between the one that begins a text and the one that ends it, filled up to limit."""
        begin, end = self._ends
        return [begin, *tokens, end, *[self._pad] * (self.limit - 2 - len(tokens))]

    @cached_property
    def _ends(self) -> list[int]:
        return self._backend.encode("").ids

    def padded(self, texts: Sequence[str]) -> list[list[int]]:
        """limit tokens for each text: cut where there are more, filled up where there are fewer."""
        rows = [self.ids(text) for text in texts]
        rows = [row if len(row) <= self.limit else [*row[: self.limit - 1], row[-1]] for row in rows]
        return [row + [self._pad] * (self.limit - len(row)) for row in rows]


def load_tokenizer(
    folder: Path, limit: int = DEFAULT_LIMIT, known: int | None = None, pad_with: str | None = None
) -> ClipTokenizer:
    """The tokenizer in folder: vocab.json and merges.txt, or tokenizer.json.

    limit, known: how many tokens the text encoder takes, and how many different ones it has learned. pad_with: the
    token that fills texts up, if not the folder's. Raises ModelError that names what is missing or broken.
    """
    key = (*(_digest(folder / name) for name in _FILES), limit, known, pad_with)
    if (made := _kept.pop(key, None)) is None:
        made = _made(folder, limit, known, pad_with)
        for oldest in list(_kept)[: max(0, len(_kept) + 1 - _MOST_KEPT)]:
            _kept.pop(oldest, None)
    _kept[key] = made  # the last: what is used stays
    return made


def _digest(path: Path) -> bytes | None:
    """What the file holds, as SHA-256; None for one that is not there or cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return None


def _made(folder: Path, limit: int, known: int | None, pad_with: str | None) -> ClipTokenizer:
    vocabulary, merges = _words(folder)
    if known is not None and (words := max(vocabulary.values()) + 1) > known:
        raise ModelError(f"{folder} has {words} tokens, but the text encoder learned {known}: they are of two models")
    config = {**_json(folder / "special_tokens_map.json"), **_json(folder / "tokenizer_config.json")}
    begin, end = _token(config, "bos_token", "<|startoftext|>"), _token(config, "eos_token", "<|endoftext|>")
    pad = pad_with or _token(config, "pad_token", "<|endoftext|>")
    unknown = _token(config, "unk_token", "<|endoftext|>")
    for token in (begin, end, pad, unknown):
        if token not in vocabulary:
            raise ModelError(f"{folder}: its vocabulary has no {token}; the tokenizer is of another kind or damaged")
    backend = _backend(vocabulary, merges, unknown)
    backend.add_special_tokens(
        [AddedToken(each, special=True, normalized=False) for each in dict.fromkeys((unknown, begin, end, pad))]
    )
    added = sorted(_json(folder / "added_tokens.json").items(), key=lambda item: item[1])
    backend.add_tokens([token for token, idx in added if idx >= len(vocabulary)])
    ends = (begin, vocabulary[begin]), (end, vocabulary[end])
    backend.post_processor = processors.RobertaProcessing(ends[1], ends[0], False, False)
    said = config.get("model_max_length")
    limit = min(said, limit) if isinstance(said, int) and said > 2 else limit
    return ClipTokenizer(backend, vocabulary[pad], limit, vocabulary[end])


def _backend(vocabulary: dict[str, int], merges: list[tuple[str, str]], unknown: str) -> Tokenizer:
    backend = Tokenizer(BPE(vocab=vocabulary, merges=merges, end_of_word_suffix="</w>", unk_token=unknown))
    backend.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    return backend


def _words(folder: Path) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """(vocabulary, merges) of the folder. Raises ModelError."""
    whole = all((folder / name).is_file() for name in ("vocab.json", "merges.txt"))
    if not whole and (folder / "tokenizer.json").is_file():
        model = _json(folder / "tokenizer.json").get("model") or {}
        vocabulary, said = model.get("vocab"), model.get("merges") or []
        merges = [tuple(pair.split(" ") if isinstance(pair, str) else pair) for pair in said]
        where = folder / "tokenizer.json"
    else:
        vocabulary, merges = _json(folder / "vocab.json", needed=True), _merges(folder / "merges.txt")
        where = folder / "vocab.json"
    if not isinstance(vocabulary, dict) or not vocabulary or not all(isinstance(n, int) for n in vocabulary.values()):
        raise ModelError(f"{where} holds no vocabulary: words are read as nothing without one")
    pairs = [(pair[0], pair[1]) for pair in merges if len(pair) == 2 and "".join(pair) in vocabulary]
    if not merges or len(pairs) < len(merges):
        raise ModelError(f"{where}: its merges are empty or do not fit its vocabulary")
    return vocabulary, pairs


def _merges(path: Path) -> list[tuple[str, ...]]:
    lines = _read(path).split("\n")
    return [tuple(line.split(" ")) for line in lines if line.strip() and not line.startswith("#version")]


def _token(config: dict[str, Any], key: str, default: str) -> str:
    said = config.get(key) or default
    return str(said.get("content", default) if isinstance(said, dict) else said)


def _json(path: Path, needed: bool = False) -> dict[str, Any]:
    if not needed and not path.is_file():
        return {}
    try:
        content = json.loads(_read(path))
    except ValueError as error:
        raise ModelError(f"{path} cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise ModelError(f"{path} is not a JSON object")
    return content


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise ModelError(f"{path} is missing: without it prompts cannot be read") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} cannot be read: {error}") from None
