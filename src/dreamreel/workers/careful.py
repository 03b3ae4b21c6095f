"""A second try in full precision for a frame whose numbers overflowed in half precision."""

from dreamreel.animation.state import AnimationState
from dreamreel.engine.backend import Backend
from dreamreel.engine.drive import drive
from dreamreel.errors import EngineError, NumbersError
from dreamreel.models import catalog
from dreamreel.models.bundle import ModelBundle
from dreamreel.workers.job import Job
from dreamreel.workers.rendering import Setup


class Careful:
    """Draws single frames in float32. The model is loaded a second time when it is first needed."""

    def __init__(self, bundle: ModelBundle, setup: Setup) -> None:
        self._bundle, self._setup = bundle, setup
        self._backend: Backend | None = None

    def draw(self, job: Job) -> AnimationState:
        """The job's next frame. Raises EngineError, for the person who asked, if it fails again."""
        if self._backend is None:
            self._backend = Backend(self._in_full_precision())
        try:
            return drive(job.next_frame(), self._backend)
        except NumbersError as error:
            row = job.next_row
            raise EngineError(
                f'frame {row.idx} ("{row.prompt[:80]}") failed twice, the second time in full precision: {error}; '
                "change the prompt, the seed, or the noise and contrast at that frame"
            ) from None

    def _in_full_precision(self) -> ModelBundle:
        facts = self._bundle.facts
        if facts.precision == "float32":
            return self._bundle
        return catalog.load(catalog.locate(self._setup.model), facts.device, "float32")
