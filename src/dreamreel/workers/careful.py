"""A second try in full precision for a frame whose numbers overflowed in half precision."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from dreamreel.animation.plan import FramePlan
from dreamreel.animation.state import AnimationState
from dreamreel.diffusion.calls import Calls
from dreamreel.engine.backend import Backend
from dreamreel.engine.drive import drive
from dreamreel.engine.rows import parse_rows
from dreamreel.errors import EngineError, NumbersError
from dreamreel.models import catalog
from dreamreel.models.bundle import ModelBundle

if TYPE_CHECKING:
    from dreamreel.workers.rendering import Setup

log = logging.getLogger(__name__)


class Careful:
    """Draws single frames in float32. The model is loaded a second time when it is first needed."""

    def __init__(self, bundle: ModelBundle, setup: "Setup") -> None:
        self._bundle, self._setup = bundle, setup
        self._backend: Backend | None = None

    def draw(self, begin: Callable[[], Calls[AnimationState]], row: FramePlan) -> AnimationState:
        """The frame that row plans. begin: makes its generator.

        Raises EngineError, for the person who asked, if it fails again.
        """
        log.warning("frame %d: its numbers overflowed; it is drawn again in full precision", row.idx)
        if self._backend is None:
            self._backend = Backend(self._in_full_precision(), parse_rows(self._setup.rows))
        try:
            return drive(begin(), self._backend)
        except NumbersError as error:
            raise EngineError(
                f'frame {row.idx} ("{row.prompt[:80]}") failed twice, the second time in full precision: {error}; '
                "change the prompt, the seed, or the noise and contrast at that frame"
            ) from None

    def _in_full_precision(self) -> ModelBundle:
        facts = self._bundle.facts
        if facts.precision == "float32":
            return self._bundle
        return catalog.load(catalog.locate(self._setup.model), facts.device, "float32")
