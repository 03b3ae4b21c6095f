"""The inputs that belong to no single feature: how long, from which seed, how texts are read, how rounding is done."""

from dreamreel.animation.field import LARGEST_SEED, Field, choice
from dreamreel.schedule.series import KeysPastEnd

KEYS_PAST_END: dict[str, KeysPastEnd] = {"compress": "compress", "clip": "clip"}

MAX_FRAMES = Field(
    "max_frames",
    "integer",
    100,
    "Number of frames for animation",
    minimum=100,
    maximum=1000,
    minimum_here=1,
    maximum_here=1_000_000,
    group="run",
    unit="frames",
    scope="frame",
)
FPS = Field(
    "fps",
    "integer",
    15,
    "Choose fps for the video.",
    minimum=10,
    maximum=60,
    minimum_here=1,
    maximum_here=120,
    fractions_here=True,
    group="run",
    unit="frames a second",
    scope="output",
)
SEED = Field(
    "seed",
    "integer",
    None,
    "Random seed. Leave blank to randomize the seed",
    minimum_here=-1,
    maximum_here=LARGEST_SEED,
    group="run",
    scope="frame",
)
PROFILE = choice(
    "profile",
    "dreamreel",
    "dreamreel honours the sampler and keeps the noise levels in full precision; replicate-source does what "
    "the original's code did: every sampler is klms, on noise levels rounded to half precision",
    ("dreamreel", "replicate-source"),
    extension=True,
    group="run",
)
DRIFT = choice(
    "drift",
    "original",
    "Rounding of each frame: original cuts and darkens by half a level a frame, unbiased rounds",
    ("original", "unbiased"),
    extension=True,
    group="coherence",
)
MATH = Field(
    "math",
    "boolean",
    False,
    "Let schedule values be formulas of t (frame), max_f (last frame), s (seed) and pi, "
    "such as 1 + 0.05*sin(2*pi*t/30)",
    extension=True,
    group="texts",
    scope="frame",
)
PAST_END = Field(
    "keys_past_end",
    "string",
    "compress",
    "A keyframe at or after max_frames: compress reaches its value at the last frame (the original), "
    "clip keeps the slope towards it",
    choices=tuple(KEYS_PAST_END),
    extension=True,
    group="texts",
    scope="frame",
)
STRICT = Field(
    "strict",
    "boolean",
    False,
    "Refuse what would only be warned about: skipped text, odd frame numbers, unknown inputs",
    extension=True,
    group="run",
    scope="output",
)
FIELDS = (MAX_FRAMES, FPS, SEED, PROFILE, DRIFT, MATH, PAST_END, STRICT)
