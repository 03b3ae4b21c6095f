"""Many frames in turn on one model: each round answers one call of the slot that has waited longest."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from dreamreel.diffusion.calls import Call, Calls
from dreamreel.engine.backend import Backend


@dataclass(frozen=True, eq=False)
class Outcome:
    """A generator that ended: with a result, or with the error that it or its call raised."""

    key: str
    result: Any = None
    error: Exception | None = None


@dataclass(eq=False)
class _Slot:
    generator: Calls[Any]
    call: Call


class Batcher:
    """Slots of parked generators by key. Not for several threads at once.

    Joining, leaving and canceling happen between rounds. A generator waits at most one round for
    each other slot, whatever the others do.
    """

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.num_rounds = 0
        self._slots: OrderedDict[str, _Slot] = OrderedDict()

    def __len__(self) -> int:
        return len(self._slots)

    def add(self, key: str, generator: Calls[Any]) -> None:
        """Parks a fresh generator at its first call, behind the others.

        One that raises here, or asks nothing, is not for a batcher: what it raises comes out of add().
        """
        assert key not in self._slots
        self._slots[key] = _Slot(generator, next(generator))

    def cancel(self, key: str) -> bool:
        """Closes the generator of key and frees its slot; False if there is none."""
        slot = self._slots.pop(key, None)
        if slot is None:
            return False
        slot.generator.close()
        return True

    def step(self) -> list[Outcome]:
        """One round: answers one parked call. Returns the generators that ended by it."""
        if not self._slots:
            return []
        self.num_rounds += 1
        key, slot = next(iter(self._slots.items()))
        self._slots.move_to_end(key)
        try:
            slot.call = slot.generator.send(self.backend.answer(slot.call))
        except StopIteration as stop:
            del self._slots[key]
            return [Outcome(key, result=stop.value)]
        except Exception as error:  # noqa: BLE001 - one slot's failure must not end the others
            del self._slots[key]
            slot.generator.close()
            return [Outcome(key, error=error)]
        return []
