"""Prompts -> conditions of one model, each read once; and conditions of different lengths side by side."""

from collections import OrderedDict
from collections.abc import Sequence
from math import lcm

import torch
from torch import Tensor

from dreamreel.diffusion.blends import BLENDS
from dreamreel.diffusion.calls import Cond, Embed, Lora, Phrase
from dreamreel.engine.adapters import Adapters

PROMPTS_KEPT = 64
NO_WORDS: Phrase = (("", 1.0),)
_Reading = tuple[str | tuple[Phrase, int, int], tuple[Lora, ...]]


class Conditions:
    """Answers Embed calls. Not for several threads at once."""

    def __init__(self, adapters: Adapters) -> None:
        self._adapters = adapters
        self._read: OrderedDict[_Reading, Cond] = OrderedDict()

    def knows(self, call: Embed) -> bool:
        """Whether all prompts of call were read before."""
        return all(self._reading(call, text) in self._read for text, _ in call.mix)

    def answer(self, call: Embed) -> Cond:
        """The mix of a call's prompts; of one prompt, its own condition to the bit."""
        conds, weights = [self._of(call, text) for text, _ in call.mix], [weight for _, weight in call.mix]
        if len(conds) == 1 and weights[0] == 1:
            return conds[0]
        rows = [each.rows for each in self._as_long(conds, call)]
        if len(rows) == 2 and call.blend in BLENDS:
            return Cond(BLENDS[call.blend](rows[0], rows[1], weights[1]), conds[0].behind)
        total = rows[0] * weights[0]
        for other, weight in zip(rows[1:], weights[1:], strict=True):
            total = total + other * weight
        return Cond(total, conds[0].behind)

    def _as_long(self, conds: list[Cond], call: Embed) -> list[Cond]:
        """conds with chunks without words behind the shorter ones, so that they can be mixed."""
        longest = max(num_tokens(cond) for cond in conds)
        if all(num_tokens(cond) == longest for cond in conds):
            return conds
        empty = _tokens(self._of(call, NO_WORDS))
        return [_with_tokens(cond, [_tokens(cond), *_filling(empty, longest - num_tokens(cond))]) for cond in conds]

    def forget(self) -> None:
        """Reads all anew from now on: what texts are drawn with has changed. From any thread."""
        self._read = OrderedDict()

    def _of(self, call: Embed, text: str | Phrase) -> Cond:
        reading, kept = self._reading(call, text), self._read
        if reading not in kept:
            loras = reading[1]
            model, beside = self._adapters.model(call.loras), self._adapters.beside(loras)
            if isinstance(text, str):
                cond = Cond(model.embed([text], *([beside] if beside else [])))
            else:
                cond = Cond(*model.read(text, call.chunks, call.skip, *([beside] if beside else [])))
            kept[reading] = cond
            if len(kept) > PROMPTS_KEPT:
                kept.popitem(last=False)
        kept.move_to_end(reading)
        return kept[reading]

    def _reading(self, call: Embed, text: str | Phrase) -> _Reading:
        """What decides the condition of one prompt of call."""
        loras = self._adapters.for_texts(call.loras) if call.loras else ()
        return (text if isinstance(text, str) else (text, call.chunks, call.skip)), loras


def num_tokens(cond: Cond) -> int:
    """Of a condition, without what is of its text as a whole."""
    return int(cond.rows.shape[1]) - cond.behind


def common_rows(conds: Sequence[Cond]) -> int:
    """Rows of conditions that are repeated until they are equally long.

    Attention to the same tokens twice is attention to them once: so prompts of any lengths share a pass.
    """
    if len({cond.rows.shape[1] for cond in conds}) == 1:
        return int(conds[0].rows.shape[1])
    return lcm(*map(num_tokens, conds)) + conds[0].behind


def repeated(cond: Cond, rows: int) -> Tensor:
    """The condition with so many rows (common_rows), its tokens as often as it takes."""
    times = (rows - cond.behind) // num_tokens(cond)
    return cond.rows if times == 1 else _with_tokens(cond, [_tokens(cond)] * times).rows


def _tokens(cond: Cond) -> Tensor:
    return cond.rows[:, : num_tokens(cond)]


def _with_tokens(cond: Cond, tokens: list[Tensor]) -> Cond:
    return Cond(torch.cat([*tokens, cond.rows[:, num_tokens(cond) :]], 1), cond.behind)


def _filling(empty: Tensor, tokens: int) -> list[Tensor]:
    return [empty] * (tokens // empty.shape[1])
