"""A second try in full precision for a frame whose numbers overflowed in half precision."""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from dreamreel.animation.state import Drawn
from dreamreel.diffusion.calls import Calls
from dreamreel.engine.backend import Backend
from dreamreel.engine.drive import drive
from dreamreel.engine.network import Network, Only
from dreamreel.errors import EngineError, NumbersError
from dreamreel.models.bundle import ModelFacts

log = logging.getLogger(__name__)


class FullPrecision:
    """Draws single frames in float32, on any thread, one at a time.

    use: the model of a name in float32, for as long as a block runs. A model is there twice only where one is needed.
    """

    def __init__(self, use: Callable[[str], AbstractContextManager[Network]]) -> None:
        self._use = use
        self._lock = threading.Lock()

    def draw(self, model: str, begin: Callable[[], Calls[Drawn]], idx: int, prompt: str) -> Drawn:
        """Frame idx, which shows that prompt, and those before it. begin: makes their generator.

        Raises EngineError, for the person who asked, if it fails again.
        """
        announce(idx)
        with self._lock, self._use(model) as network:
            try:
                return drive(begin(), Backend(Only(network)))
            except NumbersError as error:
                raise failed_twice(idx, prompt, error) from None


def shares_model(facts: ModelFacts) -> bool:
    """Whether a second try takes the model that frames are drawn with first, which one thread at a time may use."""
    return facts.precision == "float32"


def announce(idx: int) -> None:
    """Logs that a frame is drawn again."""
    log.warning("frame %d: its numbers overflowed; it is drawn again in full precision", idx)


def failed_twice(idx: int, prompt: str, error: NumbersError) -> EngineError:
    """What is the matter with a frame that full precision does not mend, and what to change."""
    return EngineError(
        f'frame {idx} ("{prompt[:80]}") failed twice, the second time in full precision: {error}; '
        "change the prompt, the seed, or the noise and contrast at that frame"
    )
