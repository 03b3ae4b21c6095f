"""Networks by name: each loaded at first need, and let go again where what is needed now does not fit beside it."""

import gc
import logging
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from dreamreel.errors import EngineError, first_line
from dreamreel.models.accelerators import is_out_of_memory
from dreamreel.models.memory import give_back

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

log = logging.getLogger(__name__)
Kept = TypeVar("Kept")


@dataclass(frozen=True, eq=False)
class Kind(Generic[Kept]):
    """A network that can be loaded. num_bytes: about what it takes then, known before. load: raises ModelError."""

    num_bytes: int
    load: Callable[[], Kept]


@dataclass(eq=False)
class Shelf(Generic[Kept]):
    """Networks for one device, within a budget. For any number of threads; what it gives, one at a time may use.

    kinds: by name. room: bytes that another network may take, given those that the loaded ones take. What is in
    use is never unloaded; of the others, what was used longest ago goes first. grown: what a loaded network has taken
    since, beside what was known of it before.
    """

    kinds: Mapping[str, Kind[Kept]]
    room: Callable[[int], float]
    grown: Callable[[Kept], int] = lambda _network: 0
    _loaded: "OrderedDict[str, Kept]" = field(default_factory=OrderedDict)  # used longest ago first
    _users: Counter[str] = field(default_factory=Counter)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _loading: threading.RLock = field(default_factory=threading.RLock)

    def get(self, name: str) -> Kept:
        """The network of that name, loaded if it is not. Raises ModelError, and KeyError if there is none."""
        # Without the lock: the thread that draws asks for each call, while others may be loading.
        found = self._loaded.get(name)
        return self._load(name) if found is None else found

    @contextmanager
    def use(self, name: str) -> "Iterator[Kept]":
        """The same, kept as long as the block runs."""
        self.hold(name)
        try:
            yield self.get(name)
        finally:
            self.release(name)

    def hold(self, name: str) -> None:
        """The network of that name is in use from now on, or will be once it is loaded: there must be room for it."""
        with self._lock:
            self._users[name] += 1

    def forget(self, name: str) -> None:
        """Lets go of that network, though it may be in use: its file is another now, and is loaded at its next use."""
        with self._lock:
            self._loaded.pop(name, None)

    def release(self, name: str) -> None:
        """One user less: without any, it stays until others need its room."""
        with self._lock:
            self._users[name] -= 1
            if name in self._loaded:
                self._loaded.move_to_end(name)

    def loaded(self) -> frozenset[str]:
        """The names of those that are loaded."""
        with self._lock:
            return frozenset(self._loaded)

    def held(self) -> tuple[Kept, ...]:
        """The networks that are loaded."""
        with self._lock:
            return tuple(self._loaded.values())

    def fitting(self) -> frozenset[str]:
        """The names of those that are loaded, or can be without letting go of one that is used."""
        with self._lock:
            used, spare = +self._users, self._spare()
            return frozenset(
                name
                for name, kind in self.kinds.items()
                if name in self._loaded or name in used or kind.num_bytes <= spare or not used
            )

    def fits(self, names: "Collection[str]") -> bool:
        """Whether these can be in use together, beside what is in use now. Those that are none of its own take nothing.

        Without anything in use they can: whatever there is room for is tried.
        """
        with self._lock:
            return not +self._users or self._spare(names) >= 0

    def _spare(self, names: "Collection[str]" = ()) -> float:
        """Bytes that are left once what is in use, and these, are loaded, and all others are gone."""
        stays = {*+self._users, *names}
        idle = sum(self._taken(name) for name in self._loaded if name not in stays)
        coming = (name for name in stays if name not in self._loaded and name in self.kinds)
        return self._room() + idle - sum(self.kinds[name].num_bytes for name in coming)

    def _load(self, name: str) -> Kept:
        kind = self.kinds[name]
        with self._loading:
            if (found := self._loaded.get(name)) is not None:  # another thread was at it
                return found
            self.make_room(kind.num_bytes)
            network = self._tried(name, kind)
            with self._lock:
                self._loaded[name] = network
            return network

    def _tried(self, name: str, kind: Kind[Kept]) -> Kept:
        """The network, loaded. Raises EngineError if there is no memory for it even alone."""
        while True:
            try:
                return kind.load()
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                reason = first_line(error)
            if not self._let_go():
                raise EngineError(f"no memory for {name}: {reason}")

    def make_room(self, wanted: int = 0) -> None:
        """Lets go of networks that nobody uses until there is room for so many bytes, or no more of them."""
        while self._room() < wanted and self._let_go():
            pass

    def _room(self) -> float:
        with self._lock:
            return self.room(sum(map(self._taken, self._loaded)))

    def _taken(self, name: str) -> int:
        return self.kinds[name].num_bytes + self.grown(self._loaded[name])

    def _let_go(self) -> bool:
        """Lets go of what was used longest ago of those that nobody uses; False if there is none."""
        with self._lock:  # nobody may begin to use it meanwhile
            used = +self._users
            idle = next((name for name in self._loaded if name not in used), None)
            if idle is None:
                return False
            del self._loaded[idle]
        log.info("%s is unloaded: there is no memory for another network beside it", idle)
        gc.collect()  # networks and their functions refer to each other
        give_back()
        return True
