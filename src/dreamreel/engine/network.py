"""What the engine asks of a network, whatever it is of: which calls it answers together, how many, and the answers."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from dreamreel.diffusion.calls import Call

Answer = TypeVar("Answer")


@dataclass(frozen=True, eq=False)
class Later(Generic[Answer]):
    """An answer that is still on its way from the device.

    finish: waits for it, on any thread, and gives it or raises.
    """

    finish: Callable[[], Answer]


class Network(Protocol):
    """One loaded network, or several that belong together. Not for several threads at once.

    Dropping the last reference to it gives back all of its memory, that of its recordings too. The caller of run()
    holds inference mode.
    """

    def group(self, call: Call[object]) -> Hashable:
        """Equal for calls that one pass can answer."""

    def most(self, call: Call[object]) -> int:
        """How many calls like this one pass can answer."""

    def known(self, call: Call[object]) -> object | None:
        """The answer where it costs nothing; None for all else."""

    def run(self, calls: Sequence[Call[Answer]]) -> list[Answer | Later[Answer]]:
        """The answers to calls of one group, most() of them at most. Raises what PyTorch does where memory runs out."""

    def shrink(self, call: Call[object]) -> None:
        """Makes most() less for calls like this one, for good. Raises EngineError if one alone is too many."""


class Networks(Protocol):
    """Where a backend finds the network of a call."""

    def get(self, name: str) -> Network:
        """The network of that name, loaded if it is not yet."""


@dataclass(frozen=True, eq=False)
class Only:
    """The one network there is, whatever a call says."""

    network: Network

    def get(self, name: str) -> Network:  # noqa: ARG002
        """That network."""
        return self.network
