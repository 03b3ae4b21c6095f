"""The models that a worker draws with: their names, and the shelf on which they lie while they are wanted."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import torch

from dreamreel.engine.backend import Backend
from dreamreel.engine.checkpoint import Checkpoint
from dreamreel.engine.shelf import Kind, Shelf
from dreamreel.models import catalog
from dreamreel.models.accelerators import is_accelerator, kept_bytes
from dreamreel.models.bundle import ModelBundle, ModelFacts
from dreamreel.models.devices import choose_device, choose_precision
from dreamreel.models.memory import free_bytes
from dreamreel.models.proofs import Proof
from dreamreel.models.sizes import num_bytes
from dreamreel.rendering.additions import checkpoint_of
from dreamreel.rendering.setup import Setup

log = logging.getLogger(__name__)
# Share of the free memory that models may take; the rest is for drawing with them.
SHARE = 0.7
GIGABYTE = 1 << 30
FULL = "float32"


@dataclass(eq=False)
class Checkpoints:
    """The models of a setup, by the names that requests call them (Setup.by_name): each is loaded when first used.

    setups: of each alone, as they were found at the start.
    loaded: bundles that are there already, by name. watch: wraps each that frames are drawn with, but for second tries.
    """

    setup: Setup
    loaded: Mapping[str, ModelBundle] = field(default_factory=dict)
    watch: Callable[[ModelBundle], ModelBundle] = lambda bundle: bundle
    shelf: Shelf[Checkpoint] = field(init=False)
    backend: Backend = field(init=False)
    setups: dict[str, Setup] = field(init=False)
    _facts: dict[str, ModelFacts] = field(default_factory=dict)

    def __post_init__(self) -> None:
        device = choose_device(self.setup.device)
        kinds = {}
        self.setups = self.setup.by_name()
        for name, setup in self.setups.items():
            location = setup.locate()
            size = num_bytes(location, choose_precision(device, setup.precision).itemsize)
            kinds[name] = Kind(size, partial(self._load, name, location))
            kinds[in_full_precision(name)] = Kind(num_bytes(location, 4), partial(self._load_full, location))
        budget = int(self.setup.memory_gb * GIGABYTE)
        self.shelf = Shelf(kinds, lambda taken: budget - taken if budget else _room(device))
        self.backend = Backend(self.shelf)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the models; the first draws where a request names none."""
        return tuple(self.setups)

    @property
    def first(self) -> str:
        """The name of the model that draws where a request names none."""
        return self.names[0]

    def facts(self, name: str) -> ModelFacts:
        """What is known of a model, which is loaded for it the first time. Raises ModelError."""
        if name not in self._facts:
            self._facts[name] = self.shelf.get(name).bundle.facts
        return self._facts[name]

    def proofs(self) -> list[Proof]:
        """What the models that are loaded now held to their plain forms."""
        return [proof for network in self.shelf.held() for proof in network.bundle.proofs]

    def _load(self, name: str, location: catalog.Location) -> Checkpoint:
        bundle = self.loaded.get(name) or catalog.load(location, self.setup.device, self.setup.precision)
        log.info("%s is loaded on %s", name, bundle.facts.device)
        return self._made(self.watch(bundle))

    def _load_full(self, location: catalog.Location) -> Checkpoint:
        return self._made(catalog.load(location, self.setup.device, FULL))

    def _made(self, bundle: ModelBundle) -> Checkpoint:
        return checkpoint_of(bundle, self.setup)


def in_full_precision(name: str) -> str:
    """What the same model is called on the shelf for second tries."""
    return f"{name} in {FULL}"


def _room(device: torch.device) -> float:
    """Bytes that another model may take; without end where nobody says what is free."""
    on_device = is_accelerator(device)
    free = free_bytes(str(device) if on_device else None)
    if free is None:
        return float("inf")
    return SHARE * (free + (kept_bytes(device) if on_device else 0))
