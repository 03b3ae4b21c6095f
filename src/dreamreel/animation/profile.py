"""Whose rules hold: a profile is a row of values, which features ask for and nobody tests by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dreamreel.animation.field import Value
from dreamreel.imaging.levels import ContrastFn, clipped_contrast, uncut_contrast, wrapped_contrast
from dreamreel.schedule.readings import ORIGINAL, READINGS, Reading


@dataclass(frozen=True)
class Profile:
    """A row. What stands in each slot of a frame, and in which order, is features.ORDERS' row of the same name.

    reading: how schedules are written. defaults: of inputs, where they are not the table's. contrast: how levels are
    multiplied. always_sharpens: also by an amount of 0, which rounds. rounds_kernels: whether an even width of the blur
    becomes the next odd one; else it is refused, because OpenCV fails there. wraps_threshold: sharpen()'s wraps.
    has_threshold: whether sharpening may leave even areas alone. bgr: whether colours are matched, and noised, as BGR.
    flip_moves: whether the picture is still shifted while it is flipped. tall_perlin: whether perlin_w counts the cells
    of the height. resets_colors: whether a frame of strength 0 is the reference of those after it, where
    legacy_colormatch is on. exact_tweens: whether pictures between diffused frames keep the fractions of their levels.
    cuts_grey: whether those of a film without colours are cut, not rounded. greys_shown: whether a film without colours
    has none where it is shown, and is drawn on in colour. swaps_grey: see Grayscale. drops_tail: whether a film with
    cadence ends with its last whole group (spacing/cadence.py). grains_in_64s: whether grains fit no side that is no
    multiple of 64 pixels. chance_grains: whether grains follow a chance that the film's seed decides where the seeds of
    frames are scheduled. halved: whether noise levels are rounded to half precision and every sampler is klms.
    reads_json: whether prompts written as JSON are read as such; the original's code took them for one prompt. prompts:
    by which of prompting.RULES prompts are read; None: by the original's.
    """

    reading: Reading = ORIGINAL
    defaults: Mapping[str, Value] = field(default_factory=dict, hash=False)
    contrast: ContrastFn = uncut_contrast
    always_sharpens: bool = False
    rounds_kernels: bool = True
    wraps_threshold: bool = False
    has_threshold: bool = True
    bgr: bool = False
    flip_moves: bool = True
    tall_perlin: bool = False
    grains_in_64s: bool = False
    chance_grains: bool = False
    resets_colors: bool = False
    halved: bool = False
    exact_tweens: bool = False
    cuts_grey: bool = False
    greys_shown: bool = False
    swaps_grey: bool = False
    drops_tail: bool = False
    reads_json: bool = True
    prompts: str | None = None


_EXTENSION: dict[str, Value] = {
    "zoom": "0: (1.0025+0.002*sin(1.25*3.14*t/30))",
    "noise_schedule": "0: (0.065)",
    "amount_schedule": "0: (0.1)",
    "noise_type": "perlin",
    "border": "replicate",
    "sampler": "euler_ancestral",
    "legacy_colormatch": False,
}
PROFILES: dict[str, Profile] = {
    "replicate": Profile(),
    "replicate-source": Profile(halved=True, reads_json=False),
    "notebook": Profile(
        READINGS["notebook"],
        {"border": "replicate", "sampler": "euler_ancestral", "amount_schedule": "0: (0.2)"},
        always_sharpens=True,
        rounds_kernels=False,
        has_threshold=False,
        flip_moves=False,
        exact_tweens=True,
        greys_shown=True,
        swaps_grey=True,
        drops_tail=True,
        prompts="notebook",
    ),
    "a1111": Profile(
        READINGS["a1111"],
        _EXTENSION,
        wrapped_contrast,
        rounds_kernels=False,
        wraps_threshold=True,
        bgr=True,
        flip_moves=False,
        tall_perlin=True,
        grains_in_64s=True,
        chance_grains=True,
        resets_colors=True,
        cuts_grey=True,
        drops_tail=True,
        prompts="a1111",
    ),
    "dreamreel": Profile(
        READINGS["dreamreel"],
        {**_EXTENSION, "drift": "unbiased", "hue": "circular"},
        clipped_contrast,
        prompts="dreamreel",
    ),
}
