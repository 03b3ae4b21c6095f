"""Each model of a setup as a version of the API: an id that is of its name and its weights alone."""

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dreamreel.errors import ModelError
from dreamreel.models.digest import weights_digest, weights_files
from dreamreel.models.stamps import Stamps, replaced, stamps_of
from dreamreel.rendering.setup import Setup

log = logging.getLogger(__name__)
# How often it is looked whether files are still those that were read.
LOOK_S = 1.0


def version_id(name: str, weights: str) -> str:
    """64 hexadecimal characters, everywhere the same for the model of that name with weights of that digest."""
    return hashlib.sha256(f"{name}\n{weights}".encode()).hexdigest()


@dataclass(eq=False)
class Versions:
    """The ids of models, by name, as far as they are known: large files take seconds to read, once.

    setups: of each model alone, by its name. found: called in a thread of its own when there are more.
    """

    setups: Mapping[str, Setup]
    found: Callable[[], None] = lambda: None
    _ids: dict[str, str] = field(default_factory=dict)
    _stamps: dict[str, Stamps] = field(default_factory=dict)
    _looked: float = float("-inf")
    _begin: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins to read, if nobody has; returns at once."""
        with self._begin:
            if self._thread is None:
                self._thread = self._reading()

    @property
    def ids(self) -> dict[str, str]:
        """By name. A model whose files were replaced has none until they are read anew, which begins then."""
        with self._begin:
            is_idle = self._thread is not None and not self._thread.is_alive()
            if is_idle and time.monotonic() - self._looked >= LOOK_S:
                self._looked = time.monotonic()
                stale = {name for name, stamps in self._stamps.items() if replaced(stamps) is not None}
                if stale:
                    self._ids = {name: version for name, version in self._ids.items() if name not in stale}
                    self._thread = self._reading()
        return self._ids

    def wait(self, seconds: float) -> bool:
        """Whether all are known, after so many seconds at most."""
        self.start()
        assert self._thread is not None
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _reading(self) -> threading.Thread:
        thread = threading.Thread(target=self._read, name="versions", daemon=True)
        thread.start()
        return thread

    def _read(self) -> None:
        for name, setup in self.setups.items():
            if name in self._ids:
                continue
            try:
                location = setup.locate()
                self._stamps[name] = stamps_of(weights_files(location))
                # Another dictionary each time: others iterate over the one before.
                self._ids = {**self._ids, name: version_id(name, weights_digest(location))}
            except ModelError as error:
                log.warning("%s is no version of the API now: %s", name, error)
                continue
            self.found()
