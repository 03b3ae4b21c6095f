"""What a worker counts of its work, for /metrics: frames, evaluations, passes of the networks."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dreamreel.models.bundle import ModelBundle, ModelFacts
from dreamreel.rendering.checkpoints import Checkpoints
from dreamreel.rendering.setup import Setup

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from dreamreel.models.adapters.controlnets import Controlled
    from dreamreel.models.adapters.embeddings import EmbeddingFile
    from dreamreel.models.adapters.loaded import Alongside, Counted, LoadedLora
    from dreamreel.models.proofs import Proof


class Meter:
    """Counts since the worker began."""

    def __init__(self) -> None:
        self._frames = 0
        self._evaluations = 0
        self._passes: defaultdict[str, int] = defaultdict(int)
        self._rows: defaultdict[str, int] = defaultdict(int)
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def stretch(self, frames: int, evaluations: int) -> None:
        """So many frames are finished, which took so many evaluations."""
        self._frames += frames
        self._evaluations += evaluations

    @contextmanager
    def measure(self, stage: str, rows: int) -> Iterator[None]:
        """A pass of a network with so many rows. On a GPU its time is what the call took to be handed over."""
        began = time.perf_counter()
        yield
        self._seconds[stage] += time.perf_counter() - began
        self._passes[stage] += 1
        self._rows[stage] += rows

    def stats(self, slots_used: int) -> dict[str, Any]:
        """The counts as a worker's row keeps them. slots_used: predictions in hand now."""
        return {
            "slots_used": slots_used,
            "frames": self._frames,
            "evaluations": self._evaluations,
            "passes": dict(self._passes),
            "rows": dict(self._rows),
            "seconds": {stage: round(seconds, 6) for stage, seconds in self._seconds.items()},
        }


def metered(setup: Setup, meter: Meter, loaded: Mapping[str, ModelBundle] | None = None) -> Checkpoints:
    """The models of a setup, whose passes meter counts. loaded: see Checkpoints."""
    return Checkpoints(setup, loaded or {}, lambda bundle: MeteredBundle(bundle, meter))


class MeteredBundle:
    """A ModelBundle whose passes are counted."""

    def __init__(self, bundle: ModelBundle, meter: Meter) -> None:
        self._bundle, self._meter = bundle, meter

    @property
    def facts(self) -> ModelFacts:
        return self._bundle.facts

    @property
    def proofs(self) -> "Iterable[Proof]":
        return self._bundle.proofs

    def embed(self, prompts: Sequence[str], loras: "Sequence[Counted]" = ()) -> "Tensor":
        with self._meter.measure("embed", len(prompts)):
            return self._bundle.embed(prompts, loras)

    def read(
        self, phrase: Sequence[tuple[str, float]], chunks: int, skip: int, loras: "Sequence[Counted]" = ()
    ) -> "tuple[Tensor, int]":
        with self._meter.measure("embed", 1):
            return self._bundle.read(phrase, chunks, skip, loras)

    def encode(self, samples: "Tensor", noise: "Tensor") -> "Tensor":
        with self._meter.measure("encode", len(samples)):
            return self._bundle.encode(samples, noise)

    def denoise(
        self,
        x: "Tensor",
        scales: "Tensor",
        cond: "Tensor",
        loras: "Alongside | None" = None,
        controlled: "Controlled | None" = None,
    ) -> "Tensor":
        with self._meter.measure("denoise", len(cond)):
            return self._bundle.denoise(x, scales, cond, loras, controlled)

    def decode(self, latents: "Tensor") -> "Tensor":
        with self._meter.measure("decode", len(latents)):
            return self._bundle.decode(latents)

    def read_lora(self, path: "Path") -> "LoadedLora":
        return self._bundle.read_lora(path)

    def learn(self, files: "Sequence[EmbeddingFile]") -> None:
        self._bundle.learn(files)

    @property
    def own_bytes(self) -> int:
        return self._bundle.own_bytes

    def merged(self, loras: "Sequence[Counted]") -> ModelBundle:
        return MeteredBundle(self._bundle.merged(loras), self._meter)
