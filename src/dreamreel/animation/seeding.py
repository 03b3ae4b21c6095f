"""The seed of each frame, from which its noise is drawn. Source: `next_seed` of the extension and of 0.7."""

from dataclasses import dataclass
from random import Random
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from dreamreel.animation.feature import Feature, Row
from dreamreel.animation.field import LARGEST_SEED, Field, Usual, choice, schedule
from dreamreel.animation.given import Given
from dreamreel.animation.spacing.fields import CADENCE, cadence
from dreamreel.errors import InputError
from dreamreel.schedule.seeds import BEHAVIORS, seeds
from dreamreel.schedule.series import Floats

BEHAVIOR = choice(
    "seed_behavior",
    "iter",
    "How the seed goes from frame to frame: one more (iter), the same (fixed), any (random), up two and down one "
    "(ladder), there and back (alternate), or as seed_schedule says",
    (*BEHAVIORS, "schedule"),
    group="run",
    scope="frame",
)
EVERY = Field(
    "seed_iter_N",
    "integer",
    1,
    "For seed_behavior iter: how many frames a seed lasts; the first lasts one",
    minimum=1,
    maximum=1_000_000,
    group="run",
    unit="frames",
    scope="frame",
)
SCHEDULE = schedule(
    "seed_schedule",
    None,
    "For seed_behavior schedule: the seed of each frame, cut to a whole number; -1 is any",
    minimum=-1,
    limit=LARGEST_SEED,
    label="Seed by frame",
    group="run",
)
SUBSEED = schedule(
    "subseed_schedule",
    "0: (1)",
    "The other seed whose noise is mixed into each frame's, cut to a whole number; -1 is any",
    minimum=-1,
    limit=LARGEST_SEED,
    label="Subseed by frame",
    group="run",
)
SHARE = schedule(
    "subseed_strength_schedule",
    "0: (0)",
    "How much of each frame's noise is the subseed's, 0 (none) to 1 (all)",
    limit=10,
    usual=Usual("0 is the seed's noise and 1 the subseed's, and beyond them the way between the two goes on", 0, 1),
    group="run",
    unit="share",
)
SOURCE = choice(
    "noise_source",
    "cpu",
    "Whose random numbers a seed stands for: PyTorch's on the CPU, or those of its CUDA generator (philox), as most "
    "pictures of notebooks and of A1111 were made with; both draw the same on every device",
    ("cpu", "philox"),
    group="run",
)
# What is random beside the seeds follows from another number than they do.
_ANOTHER = 2**32


@dataclass(frozen=True, eq=False)
class Seeding(Feature):
    """numbers: (N,), the seed of each frame, 0 .. 2**32 - 1. What is random follows from the first.

    It goes on with each diffusion; frames between two have the seed of the one before.
    subseeds: (N,), like numbers; shares: (N,), how much of a frame's first noise is theirs. source: of noise.SOURCES.
    grains: (N,), the seeds of the grains that are laid over pictures.
    """

    FIELDS: ClassVar[tuple[Field, ...]] = (BEHAVIOR, EVERY, SCHEDULE, SUBSEED, SHARE, SOURCE, CADENCE)
    numbers: NDArray[np.int64]
    subseeds: NDArray[np.int64]
    shares: Floats
    source: str
    grains: NDArray[np.int64]

    @classmethod
    def plan(cls, given: Given) -> Self:
        start, behavior, every = given.grammar.seed, given.text(BEHAVIOR.name), int(given.number(EVERY.name))
        written, apart = given.series(SCHEDULE.name, 0.0), cadence(given)
        nth = np.arange(given.num_frames) // apart  # the diffusion that finishes a frame
        subseeds = _whole(given.series(SUBSEED.name), start + _ANOTHER)[nth * apart]
        beside = subseeds, given.series(SHARE.name)[nth * apart], given.text(SOURCE.name)
        if behavior != "schedule":
            found = _stepped(behavior, given, every)[nth]
            return cls({}, found, *beside, found)
        if not given.is_given(SCHEDULE.name):
            raise InputError(SCHEDULE.name, 'seed_behavior "schedule" needs it; write for example "0: (s), 30: (s+7)"')
        found = _whole(written, start)[nth * apart]
        # The extension lays its grains before it reads the schedule, from a seed that is any.
        grains = _stepped("random", given)[nth] if given.profile.chance_grains else found
        return cls({SCHEDULE.name: written}, found, *beside, grains)

    def row(self, idx: int) -> Row:
        """What is mixed into a frame's noise, and what seeds its grains; its own seed the plan says."""
        share, grains = float(self.shares[idx]), int(self.grains[idx])
        row: Row = {"subseed": int(self.subseeds[idx]), "subseed_strength": share} if share else {}
        return row if grains == self.numbers[idx] else {**row, "grain_seed": grains}


def _stepped(behavior: str, given: Given, every: int = 1) -> NDArray[np.int64]:
    """(N,), by the number of the diffusion."""
    return seeds(behavior, given.grammar.seed, given.num_frames, every)


def _whole(written: Floats, start: int) -> NDArray[np.int64]:
    """Seeds cut to whole numbers, those below 0 any; which, follows from start."""
    found = written.astype(np.int64)
    if found.min() < 0:
        numbers = Random(start)
        for idx in np.flatnonzero(found < 0):
            found[idx] = numbers.randint(0, LARGEST_SEED)
    return found
