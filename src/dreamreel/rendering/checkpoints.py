"""The models that a worker draws with: their names, and the shelf on which they lie while they are wanted."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial

import torch

from dreamreel.diffusion.watched import preview_network
from dreamreel.engine.backend import Backend
from dreamreel.engine.checkpoint import Checkpoint
from dreamreel.engine.network import Network
from dreamreel.engine.preview_decoder import PreviewDecoder
from dreamreel.engine.shelf import Kind, Shelf
from dreamreel.models import catalog
from dreamreel.models.accelerators import is_accelerator, kept_bytes
from dreamreel.models.adapters.controlnet_library import ControlNetFile, controlnets_in
from dreamreel.models.adapters.controlnets import LoadedControlNet
from dreamreel.models.bundle import ModelBundle, ModelFacts
from dreamreel.models.devices import choose_device, choose_precision
from dreamreel.models.digest import weights_files
from dreamreel.models.latents import TITLES
from dreamreel.models.memory import free_bytes
from dreamreel.models.proofs import Proof
from dreamreel.models.sizes import num_bytes
from dreamreel.models.stamps import Stamps, replaced, stamps_of
from dreamreel.models.vae_file import read_preview_vae
from dreamreel.rendering import controlnets
from dreamreel.rendering.additions import checkpoint_of
from dreamreel.rendering.previews import preview_vaes
from dreamreel.rendering.setup import Setup

log = logging.getLogger(__name__)
# Share of the free memory that models may take; the rest is for drawing with them.
SHARE = 0.7
GIGABYTE = 1 << 30
FULL = "float32"


@dataclass(eq=False)
class Checkpoints:
    """The models of a setup, by the names that requests call them (Setup.by_name): each is loaded when first used.

    The ControlNets that lead them lie on the same shelf, by what they are called among needs.

    setups: of each alone, as they were found at the start.
    loaded: bundles that are there already, by name. watch: wraps each that frames are drawn with, but for second tries.
    """

    setup: Setup
    loaded: Mapping[str, ModelBundle] = field(default_factory=dict)
    watch: Callable[[ModelBundle], ModelBundle] = lambda bundle: bundle
    shelf: Shelf[Checkpoint | LoadedControlNet] = field(init=False)
    backend: Backend = field(init=False)
    setups: dict[str, Setup] = field(init=False)
    _facts: dict[str, ModelFacts] = field(default_factory=dict)
    _read: dict[str, Stamps] = field(default_factory=dict)  # the files of each model as they were when it was read
    _refreshing: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        device = choose_device(self.setup.device)
        kinds: dict[str, Kind[Checkpoint | LoadedControlNet]] = {}
        self.setups = self.setup.by_name()
        for name, setup in self.setups.items():
            location = setup.locate()
            size = num_bytes(location, choose_precision(device, setup.precision).itemsize)
            kinds[name] = Kind(size, partial(self._load, name, location))
            kinds[in_full_precision(name)] = Kind(num_bytes(location, 4), partial(self._load_full, name, location))
        budget = int(self.setup.memory_gb * GIGABYTE)
        more = partial(_control_kinds, self.setup, device)
        room = (lambda taken: budget - taken) if budget else (lambda _taken: _room(device))
        self.shelf = Shelf(_Kinds(kinds, more), room, grown=_grown)
        self.backend = Backend(_Answering(self))

    @property
    def names(self) -> tuple[str, ...]:
        """Of the models; the first draws where a request names none."""
        return tuple(self.setups)

    @property
    def first(self) -> str:
        """The name of the model that draws where a request names none."""
        return self.names[0]

    def get(self, name: str) -> Checkpoint:
        """The model of that name, loaded if it is not. Raises ModelError."""
        found = self.shelf.get(name)
        assert isinstance(found, Checkpoint)
        return found

    @contextmanager
    def use(self, name: str) -> Iterator[Checkpoint]:
        """The same, kept as long as the block runs."""
        with self.shelf.use(name):
            yield self.get(name)

    @cached_property
    def previews(self) -> dict[str, PreviewDecoder]:
        """What shows frames while they are drawn, by whose latents it decodes (models/latents.py). Raises ModelError.

        The log says once which is for which, and what was assumed.
        """
        device, found = choose_device(self.setup.device), {}
        for latents, chosen in preview_vaes(self.setup.preview_vae).items():
            log.log(logging.INFO if chosen.by else logging.WARNING, "%s", chosen.sentence())
            vae = read_preview_vae(chosen.path).to(device, choose_precision(device, self.setup.precision))
            found[latents] = PreviewDecoder(vae.eval().requires_grad_(False))
        return found

    def facts(self, name: str) -> ModelFacts:
        """What is known of a model, which is loaded for it the first time. Raises ModelError."""
        if name not in self._facts:
            self._facts[name] = self.get(name).bundle.facts
        return self._facts[name]

    def refresh(self, name: str) -> None:
        """Has a model loaded anew whose files are others than were read, in full precision, too. Raises ModelError."""
        with self._refreshing:
            for each in (name, in_full_precision(name)):
                if replaced(self._read.get(each, {})) is not None:
                    log.info("%s is another file now, and is loaded anew", name)
                    self.loaded = {other: bundle for other, bundle in self.loaded.items() if other != name}
                    del self._read[each]
                    self._facts.pop(name, None)
                    self.shelf.forget(each)
            self.get(name)

    def is_of(self, name: str, stamps: Stamps) -> bool:
        """Whether the model of that name was read from files as they are in stamps."""
        return self._read.get(name, {}).items() <= stamps.items()

    def proofs(self) -> list[Proof]:
        """What the models that are loaded now held to their plain forms."""
        held = (each for each in self.shelf.held() if isinstance(each, Checkpoint))
        return [proof for model in held for proof in model.bundle.proofs]

    def _load(self, name: str, location: catalog.Location) -> Checkpoint:
        self._read[name] = stamps_of(weights_files(location))  # before it is read: a change meanwhile is seen
        bundle = self.loaded.get(name) or catalog.load(location, self.setup.device, self.setup.precision)
        log.info("%s is loaded on %s", name, bundle.facts.device)
        if self.setup.preview_vae and bundle.facts.latents not in self.previews:
            whose = TITLES.get(bundle.facts.latents, "its own kind")
            log.info("films of %s have no previews: no --preview-vae is for latents of %s", name, whose)
        return self._made(self.watch(bundle), self.setup.precision)

    def _load_full(self, name: str, location: catalog.Location) -> Checkpoint:
        self._read[in_full_precision(name)] = stamps_of(weights_files(location))
        return self._made(catalog.load(location, self.setup.device, FULL), FULL)

    def _made(self, bundle: ModelBundle, precision: str) -> Checkpoint:
        made = checkpoint_of(bundle, self.setup, _OnShelf(self, precision))
        made.adapters.has_merged = self.shelf.make_room
        return made


@dataclass(frozen=True, eq=False)
class _Answering:
    """Where a backend finds the networks of calls."""

    models: Checkpoints

    def get(self, name: str) -> Network:
        decoders = self.models.previews
        return next((each for latents, each in decoders.items() if preview_network(latents) == name), None) or (
            self.models.get(name)
        )


def _grown(network: Checkpoint | LoadedControlNet) -> int:
    """What the models with LoRAs in their weights take beside the network's own."""
    return network.adapters.num_bytes if isinstance(network, Checkpoint) else 0


@dataclass(frozen=True, eq=False)
class _OnShelf:
    """The ControlNets for a model of that precision, for engine/checkpoint.py."""

    models: Checkpoints
    precision: str

    def get(self, name: str) -> LoadedControlNet:
        found = self.models.shelf.get(self._called(name))
        assert isinstance(found, LoadedControlNet)
        return found

    def refresh(self, names: Iterable[str]) -> None:
        for name in names:
            now = controlnets_in(self.models.setup.controlnets).find(name)
            if self.get(name).stamp != now.stamp:
                self.models.shelf.forget(self._called(name))
                self.get(name)

    def _called(self, name: str) -> str:
        called = controlnets.called(name)
        return in_full_precision(called) if self.precision == FULL != self.models.setup.precision else called


class _Kinds(Mapping[str, Kind[Checkpoint | LoadedControlNet]]):
    """What can be loaded: models, and what the folder of ControlNets holds now, or has held."""

    def __init__(
        self,
        models: Mapping[str, Kind[Checkpoint | LoadedControlNet]],
        more: Callable[[], Mapping[str, Kind[Checkpoint | LoadedControlNet]]],
    ) -> None:
        self._known, self._more = dict(models), more

    def __getitem__(self, name: str) -> Kind[Checkpoint | LoadedControlNet]:
        return self._known[name] if name in self._known else self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, Kind[Checkpoint | LoadedControlNet]]:
        self._known = {**self._known, **self._more()}
        return self._known


def _control_kinds(setup: Setup, device: torch.device) -> dict[str, Kind[Checkpoint | LoadedControlNet]]:
    """The ControlNets that can be loaded, in the models' precision and in full, by what they are called."""
    found: dict[str, Kind[Checkpoint | LoadedControlNet]] = {}
    for name, each in controlnets.usable(setup).items():
        called = controlnets.called(name)
        for key, precision in ((called, setup.precision), (in_full_precision(called), FULL)):
            dtype = choose_precision(device, precision)
            load = partial(_read, name, each, setup, device, dtype)
            found[key] = Kind(each.num_weights * dtype.itemsize, load)
    return found


def _read(name: str, found: ControlNetFile, setup: Setup, device: torch.device, dtype: torch.dtype) -> LoadedControlNet:
    now = controlnets_in(setup.controlnets).files.get(name, found)
    read = controlnets.read(now, setup, device, dtype)
    log.info("the ControlNet %s is loaded on %s", name, device)
    return read


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
