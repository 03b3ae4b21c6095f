"""The seed of each frame, from which its noise is drawn. Source: `next_seed` of the extension and of 0.7."""

from dataclasses import dataclass
from random import Random
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from dreamreel.animation.feature import Feature, Row
from dreamreel.animation.field import LARGEST_SEED, Field, choice
from dreamreel.animation.given import Given
from dreamreel.animation.spacing.fields import CADENCE, cadence
from dreamreel.errors import InputError
from dreamreel.schedule.seeds import BEHAVIORS, seeds

BEHAVIOR = choice(
    "seed_behavior",
    "iter",
    "How the seed goes from frame to frame: one more (iter), the same (fixed), any (random), up two and down one "
    "(ladder), there and back (alternate), or as seed_schedule says",
    (*BEHAVIORS, "schedule"),
    group="run",
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
)
SCHEDULE = Field(
    "seed_schedule",
    "schedule",
    None,
    "For seed_behavior schedule: the seed of each frame, cut to a whole number; -1 is any",
    minimum=-1,
    maximum=LARGEST_SEED,
    label="Seed by frame",
    group="run",
    scope="frame",
)


@dataclass(frozen=True, eq=False)
class Seeding(Feature):
    """numbers: (N,), the seed of each frame, 0 .. 2**32 - 1. What is random follows from the first.

    It goes on with each diffusion; frames between two have the seed of the one before.
    """

    FIELDS: ClassVar[tuple[Field, ...]] = (BEHAVIOR, EVERY, SCHEDULE, CADENCE)
    numbers: NDArray[np.int64]

    @classmethod
    def plan(cls, given: Given) -> Self:
        start, behavior, every = given.grammar.seed, given.text(BEHAVIOR.name), int(given.number(EVERY.name))
        written, apart = given.series(SCHEDULE.name, 0.0), cadence(given)
        nth = np.arange(given.num_frames) // apart  # the diffusion that finishes a frame
        if behavior != "schedule":
            found = np.array(seeds(behavior, start, given.num_frames, every), np.int64)
            return cls({}, found[nth] % (LARGEST_SEED + 1))
        if not given.is_given(SCHEDULE.name):
            raise InputError(SCHEDULE.name, 'seed_behavior "schedule" needs it; write for example "0: (s), 30: (s+7)"')
        found, numbers = written.astype(np.int64), Random(start)
        for idx in np.flatnonzero(found < 0):
            found[idx] = numbers.randint(0, LARGEST_SEED)
        return cls({SCHEDULE.name: written}, found[nth * apart])

    def row(self, idx: int) -> Row:  # noqa: ARG002
        """Nothing: the plan says each frame's seed."""
        return {}
