"""Many frames in turn on one model: each round answers like calls of several slots in one forward pass."""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import torch

from dreamreel.boundary import contained
from dreamreel.diffusion.calls import Ahead, Call, Calls, Host
from dreamreel.engine.drive import stage_of
from dreamreel.engine.grouping import pick
from dreamreel.engine.network import Later
from dreamreel.engine.trace import Trace

Answer = TypeVar("Answer")
# How long a round waits for work of the threads when there is nothing else to do: others may join or cancel.
PATIENCE_S = 0.05


class Answering(Protocol):
    """What answers calls: a Backend, or something simpler in tests."""

    def group(self, call: Call[object]) -> Hashable:
        """Equal for calls that it can answer in one pass."""

    def most(self, call: Call[object]) -> int:
        """How many calls like this one it answers in one pass."""

    def forward(self, calls: Sequence[Call[Answer]]) -> list[Answer | Later[Answer]]:
        """The answers to like calls, in their order; some may be Later."""

    def known(self, call: Call[object]) -> object | None:
        """The answer where it costs nothing, because it was given before."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """A generator that ended: with a result, or with the error that it or its call raised."""

    key: str
    result: Any = None
    error: Exception | None = None


@dataclass(eq=False)
class _Slot:
    """A parked generator. coming: the answer to its call, if a thread or the device is at it."""

    generator: Calls[Any]
    call: Call[object]
    coming: Future[object] | None = None


class Batcher:
    """Slots of parked generators by key. Not for several threads at once.

    Joining, leaving and canceling happen between rounds. Which calls a round answers says grouping.py.
    hosts: runs work of the CPU (warp, colour, noise) and waits for pictures to leave the device, while rounds
    of others go on; without it that work is a round of its own.
    """

    def __init__(self, backend: Answering, hosts: Executor | None = None, trace: Trace | None = None) -> None:
        self.backend = backend
        self.num_rounds = 0
        self._hosts, self._trace = hosts, trace
        self._slots: OrderedDict[str, _Slot] = OrderedDict()  # those that have waited longest come first

    def __len__(self) -> int:
        return len(self._slots)

    @torch.inference_mode()
    def add(self, key: str, generator: Calls[object]) -> None:
        """Parks a fresh generator at its first call, behind the others.

        One that raises here, or asks nothing, is not for a batcher: what it raises comes out of add().
        """
        assert key not in self._slots
        self._slots[key] = _Slot(generator, self._next_call(key, generator))

    def cancel(self, key: str) -> bool:
        """Closes the generator of key and frees its slot; False if there is none.

        Work of a thread that is under way is finished, and its answer dropped.
        """
        slot = self._slots.pop(key, None)
        if slot is None:
            return False
        if slot.coming is not None:
            slot.coming.cancel()
        slot.generator.close()
        return True

    @torch.inference_mode()  # of the samplers' own arithmetic, too
    def step(self) -> list[Outcome]:
        """One round. Returns the generators that ended by it.

        Waits a moment if all there is to do is done by threads.
        """
        outcomes = self._collect()
        self._hand_out()
        parked = [(key, slot.call) for key, slot in self._slots.items() if slot.coming is None]
        if parked:
            outcomes += self._round(pick(parked, self.backend.group, self.backend.most))
        elif not outcomes:
            wait([slot.coming for slot in self._slots.values() if slot.coming], PATIENCE_S, FIRST_COMPLETED)
            outcomes = self._collect()
        return outcomes

    def _hand_out(self) -> None:
        """Gives parked work of the CPU to threads; not that of a slot that is alone, which would wait for them."""
        if self._hosts is None or len(self._slots) == 1:
            return
        for key, slot in self._slots.items():
            if slot.coming is None and isinstance(slot.call, Host):
                slot.coming = self._hosts.submit(self._run, key, slot.call)

    def _run(self, key: str, call: Host[Answer] | Ahead[Answer]) -> Answer:
        with self._span(call.stage, [key]):
            return call.work()

    def _collect(self) -> list[Outcome]:
        """Goes on with those whose answers have come from threads."""
        outcomes = []
        for key, slot in list(self._slots.items()):
            if slot.coming is not None and slot.coming.done():
                outcomes += self._settle(key, slot.coming)
        return outcomes

    def _round(self, group: list[tuple[str, Call[object]]]) -> list[Outcome]:
        self.num_rounds += 1
        outcomes = []
        for (key, _), answer in zip(group, self._answers(group), strict=True):
            if isinstance(answer, Later) and self._hosts is not None and len(self._slots) > 1:
                self._slots[key].coming = self._hosts.submit(self._wait_for, key, answer)
            else:
                outcomes += self._settle(key, answer)
        return outcomes

    def _wait_for(self, key: str, later: Later[Answer]) -> Answer:
        with self._span("picture", [key]):
            return later.finish()

    def _answers(self, group: list[tuple[str, Call[object]]]) -> Sequence[object]:
        """An answer for each of the group; a Future that failed for those whose call did."""
        keys, calls = [key for key, _ in group], [call for _, call in group]
        with self._span(stage_of(calls[0]), keys), contained() as step:
            return self._forward(calls)
        failed: Future[object] = Future()
        failed.set_exception(step.error)
        if len(group) == 1:
            return [failed]
        # One of them is to blame: alone, the others are answered.
        return [answer for each in group for answer in self._answers([each])]

    def _forward(self, calls: list[Call[object]]) -> Sequence[object]:
        if isinstance(calls[0], Host):
            return [calls[0].work()]
        return self.backend.forward(calls)

    def _settle(self, key: str, answer: object) -> list[Outcome]:
        """Goes on with one slot and parks it behind the others; answer: may be Later or a Future that is done."""
        slot = self._slots[key]
        with contained() as step:
            try:
                if isinstance(answer, Later):
                    answer = answer.finish()
                elif isinstance(answer, Future):
                    answer = answer.result()
                slot.call, slot.coming = self._next_call(key, slot.generator, answer), None
            except StopIteration as stop:
                del self._slots[key]
                return [Outcome(key, result=stop.value)]
            self._slots.move_to_end(key)
            return []
        del self._slots[key]
        slot.generator.close()
        return [Outcome(key, error=step.error)]

    def _next_call(self, key: str, generator: Calls[object], answer: object = None) -> Call[object]:
        """Goes on to the next call that takes a round."""
        call = generator.send(answer)
        while (known := self._at_once(key, call)) is not None:
            call = generator.send(known)
        return call

    def _at_once(self, key: str, call: Call[object]) -> object | None:
        if isinstance(call, Ahead) and self._hosts is not None:
            return self._hosts.submit(self._run, key, call).result
        return self.backend.known(call)

    def _span(self, name: str, keys: list[str]) -> AbstractContextManager[None]:
        return nullcontext() if self._trace is None else self._trace.span(name, slots=keys)
