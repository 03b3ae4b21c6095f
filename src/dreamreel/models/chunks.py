"""Chunks of weighted tokens -> one condition, as AUTOMATIC1111's webui makes it.

Source: its modules/sd_hijack_clip.py (1.6 and later), `process_tokens`, and sd_emphasis.py, `EmphasisOriginal`.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from dreamreel.models.chunking import Chunk
from dreamreel.models.tokenizer import ClipTokenizer

# Below this share of its numbers' size a mean is what rounding left of 0: there is none to give back.
NO_MEAN = 1e-3


def encode_chunks(chunks: Sequence[Chunk], tokenizer: ClipTokenizer, encode: Callable[[Tensor], Tensor]) -> Tensor:
    """The condition of chunks side by side, (1, tokens, width) float32.

    encode: tokens (1, n) -> (1, n, width). What a token became is multiplied by its factor, and each chunk by what
    gives it its old mean again. Chunks without factors are what encode made of them, to the last bit.
    """
    return torch.cat([_encoded(chunk, tokenizer, encode) for chunk in chunks], 1)


def _encoded(chunk: Chunk, tokenizer: ClipTokenizer, encode: Callable[[Tensor], Tensor]) -> Tensor:
    z = encode(torch.tensor([tokenizer.framed(chunk.tokens)]))
    if all(factor == 1 for factor in chunk.factors):
        return z
    missing = tokenizer.limit - 1 - len(chunk.factors)
    factors = torch.tensor([1.0, *chunk.factors, *[1.0] * missing], device=z.device)
    weighted = z * factors[None, :, None]
    before, after = z.mean(), weighted.mean()
    if min(before.abs(), after.abs()) < NO_MEAN * z.abs().mean():
        return weighted
    return weighted * (before / after)
