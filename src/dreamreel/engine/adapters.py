"""The LoRAs of one model: each read once, and for those that never change the model with them in its weights."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dreamreel.diffusion.calls import Lora
from dreamreel.errors import EngineError, ModelError, first_line
from dreamreel.models.accelerators import is_out_of_memory
from dreamreel.models.adapters.library import lora_files
from dreamreel.models.adapters.loaded import Counted, LoadedLora
from dreamreel.models.bundle import ModelBundle
from dreamreel.models.memory import give_back
from dreamreel.models.stamps import Stamps, stamps_of

log = logging.getLogger(__name__)
# LoRAs, and models with some in their weights, that stay; those used longest ago go first.
LORAS_KEPT = 32
MERGED_KEPT = 8
FindLora = Callable[[str], Path]


def no_loras(name: str) -> Path:
    """For whoever draws without any: raises ModelError."""
    raise ModelError(f'there is no LoRA "{name}": no folder of LoRAs was given (--loras DIR)')


@dataclass(eq=False)
class Adapters:
    """For several threads; what it gives, one at a time may use. find: where the LoRA of a name lies.

    has_merged: called when another model with LoRAs in its weights has been made.
    """

    bundle: ModelBundle
    find: FindLora = no_loras
    has_merged: Callable[[], None] = lambda: None
    _read: "OrderedDict[str, LoadedLora]" = field(default_factory=OrderedDict)
    _merged: "OrderedDict[tuple[Lora, ...], ModelBundle]" = field(default_factory=OrderedDict)
    _stamps: dict[str, Stamps] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def num_bytes(self) -> int:
        """What the models with LoRAs in their weights take beside the model itself."""
        return sum(each.own_bytes for each in list(self._merged.values()))

    def refresh(self, loras: Sequence[Lora]) -> bool:
        """Whether a file of loras is another than was read: then it will be read anew. Raises ModelError."""
        with self._lock:
            # Also those that were let go of since: models and prompts may have them in them still.
            known = {each.name for each in loras if each.name in self._stamps}
            changed = {name for name in known if self._stamp(name) != self._stamps[name]}
            for name in changed:
                self._read.pop(name, None)
                del self._stamps[name]
            if changed:
                self.forget_merged(changed)
        return bool(changed)

    def forget_merged(self, names: Collection[str] | None = None) -> None:
        """Lets go of the models that have any of these in their weights; of all without names."""
        with self._lock:
            for merged in list(self._merged):
                if names is None or any(each.name in names for each in merged):
                    del self._merged[merged]

    def _stamp(self, name: str) -> Stamps:
        path = self.find(name)
        if not (found := stamps_of(lora_files(path))):
            raise ModelError(f'the LoRA "{name}" cannot be read: {path} is gone')
        return found

    def prepare(self, loras: Sequence[Lora]) -> None:
        """Reads what a film takes, so that no frame waits for it. Raises ModelError."""
        self.model(loras)
        for each in loras:
            if not each.is_constant:
                loaded = self._loaded(each.name)
                for part in loaded.changes:
                    with self._lock:
                        loaded.sides(part)

    def model(self, loras: Sequence[Lora]) -> ModelBundle:
        """The model with the constant ones of loras in its weights. Raises ModelError."""
        constant = tuple(each for each in loras if each.is_constant)
        if not constant:
            return self.bundle
        with self._lock:
            if is_new := constant not in self._merged:
                self._merged[constant] = self._merge(constant)
                if len(self._merged) > MERGED_KEPT:
                    self._merged.popitem(last=False)
            self._merged.move_to_end(constant)
            found = self._merged[constant]
        if is_new:
            self.has_merged()
        return found

    def beside(self, loras: Sequence[Lora]) -> list[Counted]:
        """The other ones, whose strengths change. Raises ModelError."""
        return [Counted(self._loaded(each.name), each.unet, each.text) for each in loras if not each.is_constant]

    def for_texts(self, loras: Sequence[Lora]) -> tuple[Lora, ...]:
        """Those that decide how a text is read."""
        return tuple(each for each in loras if each.text and self._loaded(each.name).changes_texts)

    def _loaded(self, name: str) -> LoadedLora:
        with self._lock:
            if name not in self._read:
                self._stamps[name] = self._stamp(name)
                self._read[name] = self.bundle.read_lora(self.find(name))
                log.info("LoRA %s is read", name)
                if len(self._read) > LORAS_KEPT:
                    self._read.popitem(last=False)
            self._read.move_to_end(name)
            return self._read[name]

    def _merge(self, constant: Sequence[Lora]) -> ModelBundle:
        counted = [Counted(self._loaded(each.name), each.unet, each.text) for each in constant]
        while True:
            try:
                return self.bundle.merged(counted)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                reason = first_line(error)
            if not self._merged:
                names = ", ".join(each.name for each in constant)
                raise EngineError(f"no memory for the model with {names} in its weights: {reason}")
            self._merged.popitem(last=False)
            give_back()
