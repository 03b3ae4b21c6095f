"""The model that stays loaded from one film to the next, where several are drawn one after another."""

from typing import TYPE_CHECKING

from dreamreel.models import catalog
from dreamreel.rendering.animation import Animation

if TYPE_CHECKING:
    from dreamreel.models.bundle import ModelBundle


class KeptModel:
    """The one that was loaded last. A film with another lets go of it first, so that never two take memory."""

    def __init__(self) -> None:
        self._loaded: tuple[tuple[catalog.Location, str, str], ModelBundle] | None = None

    def lend(self, animation: Animation) -> None:
        """Has animation draw with it, unless what stands beside it would change it: LoRAs, embeddings, other models."""
        if animation.plan.words.loras or animation.setup.embeddings or animation.scheduled:
            self._loaded = None
        else:
            animation.load = self._load

    def _load(self, location: catalog.Location, device: str, precision: str) -> "ModelBundle":
        key = (location, device, precision)
        if self._loaded is None or self._loaded[0] != key:
            self._loaded = None
            self._loaded = key, catalog.load(location, device, precision)
        return self._loaded[1]
