"""Words that prompts may have beside those of the tokenizer: each is a few tokens of its own, and these are vectors."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from dreamreel.errors import ModelError
from dreamreel.models.adapters.embeddings import EmbeddingFile
from dreamreel.models.headers import is_pickled, pickled_at
from dreamreel.models.networks.clip_text import CLIPTextModel
from dreamreel.models.pickles import load_content
from dreamreel.models.tokenizer import FIRST_LEARNED
from dreamreel.models.weights import map_safetensors


class Vectors:
    """Looks tokens up, learned ones among them. table: (n, width), of the tokens from FIRST_LEARNED on."""

    def __init__(self, table: Tensor) -> None:
        self._table = table

    def __call__(self, ids: Tensor, words: nn.Embedding) -> Tensor:
        is_learned = ids >= FIRST_LEARNED
        plain = words(torch.where(is_learned, 0, ids))
        learned = self._table[(ids - FIRST_LEARNED).clamp(0, len(self._table) - 1)]
        return torch.where(is_learned[..., None], learned, plain)

    def __deepcopy__(self, memo: object) -> "Vectors":
        return self  # a copy of the network has the same words


def teach(encoders: Sequence[CLIPTextModel], files: Sequence[EmbeddingFile]) -> dict[str, tuple[int, ...]]:
    """Gives text encoders the vectors of files that fit them. Returns the tokens that stand for each name.

    Raises ModelError for a file that is damaged.
    """
    tokens: dict[str, tuple[int, ...]] = {}
    tables: list[list[Tensor]] = [[] for _ in encoders]
    following = FIRST_LEARNED
    for file in files:
        for table, vectors in zip(tables, _vectors(file), strict=True):
            table.append(vectors)
        tokens[file.name] = tuple(range(following, following + file.num_vectors))
        following += file.num_vectors
    for encoder, table in zip(encoders, tables, strict=True):
        weight = encoder.embeddings.token_embedding.weight
        encoder.embeddings.learned = Vectors(torch.cat(table).to(weight.device, weight.dtype)) if table else None
    return tokens


def _vectors(file: EmbeddingFile) -> list[Tensor]:
    """Of each text encoder, (num_vectors, width)."""
    tensors = _tensors(file.path)
    found = []
    for name, width in zip(file.tensors, file.widths, strict=True):
        vectors = tensors.get(name)
        if vectors is None or vectors.numel() != file.num_vectors * width:
            raise ModelError(f"{file.path.name} has changed while it was read")
        if not bool(torch.isfinite(vectors.float()).all()):
            raise ModelError(f"{file.path.name} has numbers that are infinite or none (NaN): the file is damaged")
        found.append(vectors.detach().float().view(file.num_vectors, width))
    return found


def _tensors(path: Path) -> dict[str, Tensor]:
    if is_pickled(path):
        return {name: each for name, each in pickled_at(load_content(path)) if isinstance(each, Tensor)}
    return map_safetensors(path)
