"""THE order: what stands in each slot of a frame, by profile. A new feature is a file and a line here."""

from dataclasses import dataclass

from dreamreel.animation.coherence.color_match import ColorMatch
from dreamreel.animation.coherence.contrast import Contrast
from dreamreel.animation.coherence.grayscale import Grayscale
from dreamreel.animation.feature import Feature, ImageStep, Noise, Sampling, Scale, Spacing, Start, Words
from dreamreel.animation.motion.warp2d import Warp2D
from dreamreel.animation.noise.original import OriginalNoise
from dreamreel.animation.sample.strength import StrengthSampling
from dreamreel.animation.spacing.every_frame import EveryFrame
from dreamreel.animation.start.previous import PreviousFrame
from dreamreel.animation.words.original import OriginalPrompts


@dataclass(frozen=True)
class Order:
    """Features by slot. Of `before` all that are wanted run, in turn; of every other slot the first that is wanted."""

    words: tuple[type[Words], ...]
    start: tuple[type[Start], ...]
    before: tuple[type[ImageStep], ...]
    sampling: tuple[type[Sampling], ...]
    noise: tuple[type[Noise], ...]
    scale: tuple[type[Scale], ...]
    spacing: tuple[type[Spacing], ...]

    def all(self) -> tuple[type[Feature], ...]:
        """Every feature of the order, in which they are planned and their numbers listed."""
        return (*self.words, *self.start, *self.before, *self.sampling, *self.noise, *self.scale, *self.spacing)


ORIGINAL = Order(
    words=(OriginalPrompts,),
    start=(PreviousFrame,),
    before=(Warp2D, ColorMatch, Grayscale),
    sampling=(StrengthSampling,),
    noise=(OriginalNoise,),
    scale=(Contrast,),
    spacing=(EveryFrame,),
)
# By the value of the input `profile`.
ORDERS: dict[str, Order] = {"dreamreel": ORIGINAL, "replicate-source": ORIGINAL}
