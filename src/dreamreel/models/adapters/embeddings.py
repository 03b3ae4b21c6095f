"""The operator's folder of embeddings (textual inversion): words of prompts that stand for vectors which were learned.

Sources: Gal et al. 2022; the files of AUTOMATIC1111's webui (`string_to_param`, `emb_params`), diffusers (one tensor by
its word) and SDXL's (`clip_l` beside `clip_g`). No torch.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dreamreel.errors import ModelError
from dreamreel.models.adapters.folder import Folder
from dreamreel.models.headers import NoTensors, read_names
from dreamreel.models.layout import read_json, text_width
from dreamreel.models.loras import WIDTHS

# Of one embedding. More would fill a text by themselves.
MOST_VECTORS = 75
# Width of the text that a model reads -> of each of its text encoders.
_ENCODERS = {2048: (768, 1280)}
_SDXL = ("clip_l", "clip_g")


@dataclass(frozen=True)
class EmbeddingFile:
    """An embedding by its name, which is a word of prompts. tensors: its tensors, one for each text encoder.

    widths: of the vectors for each text encoder. num_vectors: tokens that it takes the place of. changed_ns: when the
    file was last written.
    """

    name: str
    path: Path
    tensors: tuple[str, ...]
    widths: tuple[int, ...]
    num_vectors: int
    changed_ns: int = 0

    @property
    def family(self) -> str:
        """The models that it is for, in words."""
        other = f"text encoders of width {' and '.join(map(str, self.widths))}"
        return next((name for width, name in WIDTHS.items() if _ENCODERS.get(width, (width,)) == self.widths), other)


@lru_cache(8)
def embeddings_in(folder: str) -> Folder[EmbeddingFile]:
    """Those in a folder, and in the folders in it; none for "". What is no embedding is left out with a warning."""
    return Folder(folder, "embedding", "--embeddings", _read)


def fitting(files: Mapping[str, EmbeddingFile], widths: Sequence[int]) -> list[EmbeddingFile]:
    """Those for text encoders of these widths, by name."""
    return [files[name] for name in sorted(files) if files[name].widths == tuple(widths)]


def encoder_widths(path: Path) -> tuple[int, ...]:
    """How wide the text encoders of the model at path are; empty where only weights say."""
    if path.is_dir():
        parts = [part for part in ("text_encoder", "text_encoder_2") if (path / part).is_dir()]
        return tuple(int(read_json(path / part / "config.json").get("hidden_size", 0)) for part in parts)
    width = text_width(path)
    return () if width is None else _ENCODERS.get(width, (width,))


def named_in(text: str, names: Sequence[str]) -> list[str]:
    """The names that stand in a text, in whatever case; as parts of words, too, which is more than are read so."""
    lowered = text.lower()
    return [name for name in names if name.lower() in lowered]


def _read(name: str, path: Path) -> EmbeddingFile:
    found = read_names(path)
    if isinstance(found, NoTensors):
        raise ModelError(found.refusal(path))
    tensors = _tensors(found.shapes, path)
    shapes = [found.shapes[each] for each in tensors]
    counts = {shape[0] if len(shape) == 2 else 1 for shape in shapes}
    if len(counts) != 1 or not all(len(shape) in (1, 2) for shape in shapes):
        raise ModelError(f"{path} is no embedding: its vectors are {' and '.join(map(str, shapes))}")
    if (count := counts.pop()) > MOST_VECTORS:
        raise ModelError(f"{path} has {count} vectors; an embedding may have {MOST_VECTORS}")
    widths = tuple(shape[-1] for shape in shapes)
    return EmbeddingFile(name, path, tensors, widths, count, path.stat().st_mtime_ns)


def _tensors(shapes: Mapping[str, tuple[int, ...]], path: Path) -> tuple[str, ...]:
    if all(part in shapes for part in _SDXL):
        return _SDXL
    for pattern in (r"emb_params", r"string_to_param\..+"):
        if (name := next((each for each in shapes if re.fullmatch(pattern, each)), None)) is not None:
            return (name,)
    if len(shapes) == 1:
        return tuple(shapes)
    raise ModelError(f"{path} is no embedding: it has {len(shapes)} tensors, of which none is called as in one")
