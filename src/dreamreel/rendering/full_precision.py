"""A second try in full precision for a frame whose numbers overflowed in half precision."""

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from dreamreel.animation.state import Drawn
from dreamreel.diffusion.calls import Calls
from dreamreel.engine.backend import Backend
from dreamreel.engine.drive import drive
from dreamreel.engine.rows import parse_rows
from dreamreel.errors import EngineError, NumbersError
from dreamreel.models import catalog
from dreamreel.models.bundle import ModelBundle

if TYPE_CHECKING:
    from dreamreel.rendering.setup import Setup

log = logging.getLogger(__name__)


class FullPrecision:
    """Draws single frames in float32, on any thread. The model is loaded a second time when it is first needed."""

    def __init__(self, bundle: ModelBundle, setup: "Setup") -> None:
        self._bundle, self._setup = bundle, setup
        self._backend: Backend | None = None
        self._lock = threading.Lock()

    @property
    def shares_model(self) -> bool:
        """Whether it draws with the model that frames are drawn with first, which one thread at a time may use."""
        return self._bundle.facts.precision == "float32"

    def draw(self, begin: Callable[[], Calls[Drawn]], idx: int, prompt: str) -> Drawn:
        """Frame idx, which shows that prompt, and those before it. begin: makes their generator.

        Raises EngineError, for the person who asked, if it fails again.
        """
        announce(idx)
        with self._lock:
            if self._backend is None:
                self._backend = Backend(self._in_full_precision(), parse_rows(self._setup.rows))
            try:
                return drive(begin(), self._backend)
            except NumbersError as error:
                raise failed_twice(idx, prompt, error) from None

    def _in_full_precision(self) -> ModelBundle:
        if self.shares_model:
            return self._bundle
        return catalog.load(catalog.locate(self._setup.model), self._bundle.facts.device, "float32")


def announce(idx: int) -> None:
    """Logs that a frame is drawn again."""
    log.warning("frame %d: its numbers overflowed; it is drawn again in full precision", idx)


def failed_twice(idx: int, prompt: str, error: NumbersError) -> EngineError:
    """What is the matter with a frame that full precision does not mend, and what to change."""
    return EngineError(
        f'frame {idx} ("{prompt[:80]}") failed twice, the second time in full precision: {error}; '
        "change the prompt, the seed, or the noise and contrast at that frame"
    )
