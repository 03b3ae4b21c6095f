"""The inputs that belong to no single feature: how long, from which seed, how texts are read, how rounding is done."""

from dreamreel.animation.field import LARGEST_SEED, SEED_MODEL, Field, Usual, choice
from dreamreel.animation.profile import PROFILES
from dreamreel.schedule.in_betweens import Interp
from dreamreel.schedule.series import KeysPastEnd

KEYS_PAST_END: dict[str, KeysPastEnd] = {"compress": "compress", "clip": "clip", "ignore": "ignore"}
INTERPS: dict[str, Interp] = {"linear": "linear", "quadratic": "quadratic", "cubic": "cubic", "smooth": "smooth"}

MAX_FRAMES = Field(
    "max_frames",
    "integer",
    100,
    "Number of frames for animation",
    minimum=1,
    maximum=1_000_000,
    group="run",
    unit="frames",
    scope="frame",
    models=(SEED_MODEL,),
)
FPS = Field(
    "fps",
    "number",
    15,
    "Choose fps for the video.",
    minimum=1,
    maximum=120,
    label="Frame rate",
    group="run",
    unit="frames a second",
    scope="output",
    models=(SEED_MODEL,),
)
SEED = Field(
    "seed",
    "integer",
    None,
    "Random seed. Leave blank to randomize the seed",
    minimum=-1,
    maximum=LARGEST_SEED,
    group="run",
    scope="frame",
    models=(SEED_MODEL,),
)
PROFILE = choice(
    "profile",
    "replicate",
    "Whose rules hold: replicate (Replicate's model), replicate-source (its published code: every sampler is klms, on "
    "noise levels rounded to half precision), notebook (Deforum 0.7), a1111 (the extension), "
    "dreamreel (all that they can, mended)",
    tuple(PROFILES),
    group="run",
    models=(SEED_MODEL,),
)
DRIFT = choice(
    "drift",
    "original",
    "Rounding of each frame: original cuts and darkens by half a level a frame, unbiased rounds",
    ("original", "unbiased"),
    label="Rounding",
    group="coherence",
    models=(SEED_MODEL,),
)
MATH = Field(
    "math",
    "boolean",
    False,
    "Let schedule values be formulas of t (frame), max_f (last frame), s (seed) and pi, "
    "such as 1 + 0.05*sin(2*pi*t/30)",
    label="Formulas",
    group="texts",
    scope="frame",
    models=(SEED_MODEL,),
)
PAST_END = choice(
    "keys_past_end",
    "compress",
    "A keyframe at or after max_frames: compress reaches its value at the last frame (the original), "
    "clip keeps the slope towards it, ignore leaves it out (the rest of the family)",
    tuple(KEYS_PAST_END),
    group="texts",
    scope="frame",
    models=(SEED_MODEL,),
)
INTERP = choice(
    "interp",
    "linear",
    "The way between the keys of a schedule: straight lines, splines that swing through them, or smooth without swings",
    tuple(INTERPS),
    label="Between keys",
    group="texts",
    scope="frame",
)
STRICT = Field(
    "strict",
    "boolean",
    False,
    "Refuse what would only be warned about: skipped text, odd frame numbers, unknown inputs",
    label="Refuse instead of warning",
    group="run",
    scope="output",
    models=(SEED_MODEL,),
)
MODEL = Field(
    "model",
    "string",
    None,
    "Name of the model that draws; the first that is served if none is named",
    group="run",
    scope="weights",
)
WIDTH, HEIGHT = (
    Field(
        name,
        "integer",
        None,
        f"Pixels of the {name}, a multiple of 8; without it the server's, or the model's own",
        minimum=16,
        maximum=4096,
        group="run",
        unit="pixels",
        scope="frame",
    )
    for name in ("width", "height")
)
STEPS = Field(
    "steps",
    "integer",
    None,
    "Sampler steps of a frame drawn from nothing; without it the server's, or the model's own",
    minimum=1,
    maximum=1000,
    group="sampling",
    unit="steps",
    scope="frame",
)
CFG_SCALE = Field(
    "cfg_scale",
    "number",
    None,
    "How strongly the prompt leads (classifier-free guidance); without it the server's, or the model's own",
    minimum=-1000,
    maximum=1000,
    usual=Usual("below, pictures are drawn away from the prompt, and above, colours burn out", 0, 30),
    label="Guidance",
    group="sampling",
    scope="frame",
)
FIELDS = (MAX_FRAMES, FPS, SEED, PROFILE, DRIFT, MATH, PAST_END, INTERP, STRICT, MODEL, WIDTH, HEIGHT, STEPS, CFG_SCALE)
