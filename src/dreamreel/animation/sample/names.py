"""What samplers are called, here and by relatives."""

import re

from dreamreel.animation import family
from dreamreel.diffusion.sampling import SAMPLERS

_MEANT = {
    **{other: name for name, others in family.SAMPLERS.items() for other in others.split()},
    **{re.sub(r"[^a-z0-9]", "", name): name for name in SAMPLERS},
}


def sampler_meant(text: str) -> str | None:
    """The sampler here that text names, such as "Euler a", "DDIM" or "euler_ancestral"; None for another."""
    return _MEANT.get(re.sub(r"[^a-z0-9+]", "", text.casefold()[:80]))
