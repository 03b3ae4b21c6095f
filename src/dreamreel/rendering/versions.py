"""Each model of a setup as a version of the API: an id that is of its name and its weights alone."""

import hashlib
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dreamreel.errors import ModelError
from dreamreel.models.digest import weights_digest
from dreamreel.rendering.setup import Setup

log = logging.getLogger(__name__)


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
    ids: dict[str, str] = field(default_factory=dict)
    _begin: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins to read, if nobody has; returns at once."""
        with self._begin:
            if self._thread is None:
                self._thread = threading.Thread(target=self._read, name="versions", daemon=True)
                self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Whether all are known, after so many seconds at most."""
        self.start()
        assert self._thread is not None
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _read(self) -> None:
        for name, setup in self.setups.items():
            try:
                # Another dictionary each time: others iterate over the one before.
                self.ids = {**self.ids, name: version_id(name, weights_digest(setup.locate()))}
            except ModelError as error:
                log.warning("%s is no version of the API now: %s", name, error)
                continue
            self.found()
