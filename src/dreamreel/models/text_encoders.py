"""Prompts -> conditions, by the text encoder of SD 1.x and 2.x, or by the two of SDXL.

A condition is one tensor, (B, rows, width) float32. Of SDXL, what the text is as a whole lies in rows behind those
of the tokens, so that batching, padding and recordings are the same for both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from dreamreel.models.chunking import Part, split_chunks
from dreamreel.models.chunks import encode_chunks
from dreamreel.models.devices import to_device
from dreamreel.models.networks.clip_text import CLIPTextModel, CLIPTextModelWithProjection
from dreamreel.models.networks.configured import Network
from dreamreel.models.tokenizer import ClipTokenizer


class Texts(Protocol):
    """The text encoders of a model."""

    @property
    def networks(self) -> tuple[Network, ...]:
        """Them, in their order."""

    def embed(self, prompts: Sequence[str]) -> Tensor:
        """Conditions of B prompts, (B, rows, width) float32 on the encoders' device."""

    def read(self, phrase: Sequence[Part], chunks: int, skip: int) -> tuple[Tensor, int]:
        """The condition of weighted words: see ModelBundle.read."""

    def split(self, cond: Tensor) -> tuple[Tensor, Tensor | None]:
        """Conditions to (their tokens (B, tokens, width), the texts as wholes (B, n) or None)."""


@dataclass(frozen=True, eq=False)
class OneEncoder:
    """CLIP's last layer, normalised."""

    tokenizer: ClipTokenizer
    network: CLIPTextModel

    @property
    def networks(self) -> tuple[Network, ...]:
        return (self.network,)

    def embed(self, prompts: Sequence[str]) -> Tensor:
        ids = torch.tensor(self.tokenizer.padded(prompts))
        return self.network(to_device(ids, self.network.device)).float()

    def read(self, phrase: Sequence[Part], chunks: int, skip: int) -> tuple[Tensor, int]:
        def encode(ids: Tensor) -> Tensor:
            return self.network(to_device(ids, self.network.device), skip).float()

        return encode_chunks(split_chunks(phrase, self.tokenizer)[:chunks], self.tokenizer, encode), 0

    def split(self, cond: Tensor) -> tuple[Tensor, Tensor | None]:
        return cond, None


@dataclass(frozen=True, eq=False)
class TwoEncoders:
    """SDXL's: the last layer but one of both beside each other, and what the second takes the text for as a whole.

    empty_is_zero: a prompt without a word is zeros, not CLIP's reading of it [diffusers, force_zeros_for_empty_prompt].
    """

    tokenizer: ClipTokenizer
    network: CLIPTextModel
    second_tokenizer: ClipTokenizer
    second: CLIPTextModelWithProjection
    empty_is_zero: bool = True

    @property
    def networks(self) -> tuple[Network, ...]:
        return (self.network, self.second)

    def embed(self, prompts: Sequence[str]) -> Tensor:
        device, second_ids = self.network.device, self.second_tokenizer.padded(prompts)
        ends = torch.tensor([row.index(self.second_tokenizer.end) for row in second_ids])
        first = self.network.penultimate(to_device(torch.tensor(self.tokenizer.padded(prompts)), device))
        second, whole = self.second.with_whole(to_device(torch.tensor(second_ids), device), to_device(ends, device))
        tokens = torch.cat([first, second], dim=-1).float()
        cond = torch.cat([tokens, self._behind(whole, tokens.shape[-1])], dim=1)
        if self.empty_is_zero:
            said = torch.tensor([bool(prompt.strip()) for prompt in prompts], device=cond.device)
            cond = torch.where(said[:, None, None], cond, torch.zeros_like(cond))
        return cond

    def read(self, phrase: Sequence[Part], chunks: int, skip: int) -> tuple[Tensor, int]:
        """Both were trained on their last layer but one: skip 1 is that, as none is. The whole is the first chunk's."""
        device, pieces = self.network.device, split_chunks(phrase, self.tokenizer)[:chunks]

        def first(ids: Tensor) -> Tensor:
            return self.network.penultimate(to_device(ids, device), max(skip, 1)).float()

        def second(ids: Tensor) -> Tensor:
            return self.second.penultimate(to_device(ids, device), max(skip, 1)).float()

        sides = encode_chunks(pieces, self.tokenizer, first), encode_chunks(pieces, self.second_tokenizer, second)
        tokens = torch.cat(sides, dim=-1)
        ids = torch.tensor([self.second_tokenizer.framed(pieces[0].tokens)])
        end = torch.tensor([len(pieces[0].tokens) + 1])
        behind = self._behind(
            self.second.with_whole(to_device(ids, device), to_device(end, device))[1], tokens.shape[-1]
        )
        cond = torch.cat([tokens, behind], dim=1)
        is_empty = self.empty_is_zero and not any(words.strip() for words, _ in phrase)
        return (torch.zeros_like(cond) if is_empty else cond), behind.shape[1]

    def split(self, cond: Tensor) -> tuple[Tensor, Tensor | None]:
        size = self.second.text_projection.out_features
        tokens = cond.shape[1] - -(-size // cond.shape[2])
        return cond[:, :tokens], cond[:, tokens:].flatten(1)[:, :size]

    def _behind(self, whole: Tensor, width: int) -> Tensor:
        """Texts as wholes (B, n) in rows of that width: (B, rows, width)."""
        return functional.pad(whole.float(), (0, -whole.shape[1] % width)).view(len(whole), -1, width)
