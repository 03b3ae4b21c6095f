"""THE order: what stands in each slot of a frame, by profile. A new feature is a file and a line here."""

from dataclasses import dataclass, replace

from dreamreel.animation.checkpoints import CheckpointSchedule
from dreamreel.animation.coherence.anti_blur import AntiBlur, Levels
from dreamreel.animation.coherence.color_match import ColorMatch
from dreamreel.animation.coherence.contrast import Contrast, Plain
from dreamreel.animation.coherence.grayscale import Grayscale, GreyOutput
from dreamreel.animation.coherence.match_output import MatchFirst, MatchOutput
from dreamreel.animation.feature import Feature, ImageStep, Noise, Sampling, Scale, Spacing, Start, Words
from dreamreel.animation.motion.warp2d import Warp2D
from dreamreel.animation.noise.grain import Grain, SeededNoise
from dreamreel.animation.noise.original import OriginalNoise
from dreamreel.animation.sample.controlnets import ControlNets
from dreamreel.animation.sample.strength import StrengthSampling
from dreamreel.animation.seeding import Seeding
from dreamreel.animation.spacing.cadence import Cadence
from dreamreel.animation.spacing.every_frame import EveryFrame
from dreamreel.animation.start.carried import CarriedOn
from dreamreel.animation.start.previous import PreviousFrame
from dreamreel.animation.words.family import FamilyPrompts
from dreamreel.animation.words.original import OriginalPrompts


@dataclass(frozen=True)
class Order:
    """Features by slot. Of `before` and `after` all that are wanted run, in turn; of other slots the first that is."""

    words: tuple[type[Words], ...]
    start: tuple[type[Start], ...]
    before: tuple[type[ImageStep], ...]
    sampling: tuple[type[Sampling], ...]
    noise: tuple[type[Noise], ...]
    scale: tuple[type[Scale], ...]
    after: tuple[type[ImageStep], ...]
    spacing: tuple[type[Spacing], ...]

    def all(self) -> tuple[type[Feature], ...]:
        """Every feature of the order, in which they are planned and their numbers listed."""
        before: tuple[type[Feature], ...] = (Seeding, CheckpointSchedule, *self.words, *self.start, *self.before)
        return (*before, ControlNets, *self.sampling, *self.noise, *self.scale, *self.after, *self.spacing)


ORIGINAL = Order(
    words=(FamilyPrompts, OriginalPrompts),
    start=(CarriedOn, PreviousFrame),
    before=(Warp2D, ColorMatch, MatchFirst, Grayscale, AntiBlur, Grain),
    sampling=(StrengthSampling,),
    noise=(SeededNoise, OriginalNoise),
    scale=(Contrast,),
    after=(MatchOutput,),
    spacing=(Cadence, EveryFrame),
)
# A film without colours has none, in whatever it is drawn.
FAMILY = replace(
    ORIGINAL,
    before=(Warp2D, ColorMatch, MatchFirst, Grayscale, Levels, Grain),
    scale=(Plain,),
    after=(MatchOutput, GreyOutput),
)
# By the value of the input `profile`.
ORDERS: dict[str, Order] = {
    "replicate": ORIGINAL,
    "replicate-source": ORIGINAL,
    "notebook": FAMILY,
    "a1111": FAMILY,
    "dreamreel": FAMILY,
}
