"""Weighted words of any length -> chunks of tokens that a text encoder takes, as AUTOMATIC1111's webui cuts them.

Source: its modules/sd_hijack_clip.py (1.6 and later), `tokenize_line`. No torch.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dreamreel.models.tokenizer import ClipTokenizer

# Words and the factor on what the encoder makes of them.
Part = tuple[str, float]
BREAK: Part = ("BREAK", -1)
# A chunk that is full ends at a comma among its last tokens, if there is one.
MOST_BACK = 20


@dataclass(eq=False)
class Chunk:
    """Tokens of one pass through the encoder, without those that begin and end it, and the factor of each."""

    tokens: list[int] = field(default_factory=list)
    factors: list[float] = field(default_factory=list)
    comma: int = -1  # how many tokens there were before the last one


def split_chunks(parts: Sequence[Part], tokenizer: ClipTokenizer) -> list[Chunk]:
    """parts in as many chunks as they take, at least one, each of tokenizer.limit - 2 tokens at most."""
    length, comma = tokenizer.limit - 2, tokenizer.comma
    chunks = [Chunk()]
    ended = False  # whether the last chunk waits for what follows it
    for words, factor in parts:
        if (words, factor) == BREAK:
            chunks.append(Chunk())
            ended = True
            continue
        for piece in tokenizer.pieces(words):
            chunk, ended = chunks[-1], False
            if piece[0] == comma:
                chunk.comma = len(chunk.tokens)
            elif len(chunk.tokens) == length and chunk.comma >= 0 and length - chunk.comma <= MOST_BACK:
                chunks.append(_cut(chunk, chunk.comma + 1))
            if len(chunks[-1].tokens) + len(piece) > length:
                chunks.append(Chunk())
            chunks[-1].tokens.extend(piece)
            chunks[-1].factors.extend([factor] * len(piece))
    return chunks[:-1] if ended else chunks


def _cut(chunk: Chunk, place: int) -> Chunk:
    """Takes what stands from place on out of chunk."""
    after = Chunk(chunk.tokens[place:], chunk.factors[place:])
    del chunk.tokens[place:], chunk.factors[place:]
    return after
