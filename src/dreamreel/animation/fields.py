"""THE table of inputs, collected from the features: parser, HTTP schema, command line and docs are made from it."""

from dreamreel.animation import core
from dreamreel.animation.features import ORDERS
from dreamreel.animation.field import Field

# The original's ten, in the order of its schema, and what else is listed by name, before all others.
_FIRST = (
    *("animation_prompts", "max_frames", "angle", "zoom", "translation_x", "translation_y"),
    *("color_coherence", "sampler", "fps", "seed", "strength_schedule", "noise_schedule", "contrast_schedule"),
    *("border", "profile", "math", "keys_past_end", "strip_single_prefix", "drift", "hue", "strict"),
)


def _collect() -> dict[str, Field]:
    features = [feature for order in ORDERS.values() for feature in order.all()]
    found = {each.name: each for each in (*core.FIELDS, *(row for feature in features for row in feature.FIELDS))}
    return {name: found[name] for name in (*_FIRST, *(name for name in found if name not in _FIRST))}


FIELDS: dict[str, Field] = _collect()
