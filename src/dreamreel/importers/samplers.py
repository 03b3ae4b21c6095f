"""What samplers are called in the family -> the sampler here, and the noise levels that it draws on."""

import re
from dataclasses import dataclass

from dreamreel.animation.fields import FIELDS
from dreamreel.animation.sample.names import sampler_meant

# As A1111's list had them by number when settings files held numbers.
_LISTED = (
    *("Euler a", "Euler", "LMS", "Heun", "DPM2", "DPM2 a", "DPM++ 2S a", "DPM++ 2M", "DPM++ SDE", "DPM fast"),
    *("DPM adaptive", "LMS Karras", "DPM2 Karras", "DPM2 a Karras", "DPM++ 2S a Karras", "DPM++ 2M Karras"),
    *("DPM++ SDE Karras", "DDIM", "PLMS"),
)
BY_NUMBER = {str(number): name for number, name in enumerate(_LISTED)}
# What comes nearest to a sampler that is not here, by how it begins; the last is for all others.
_NEAREST = (
    *(
        ("dpm++2msde", "dpmpp_2m_sde"),
        ("dpm++3m", "dpmpp_2m_sde"),
        ("dpmpp3m", "dpmpp_2m_sde"),
        ("dpm++2m", "dpmpp_2m"),
    ),
    *(("dpmpp2m", "dpmpp_2m"), ("dpm2", "dpm2"), ("restart", "euler"), ("", "euler_ancestral")),
)


@dataclass(frozen=True)
class Meant:
    """name: a sampler here. levels: the noise levels, empty for the model's own. lacks: what is not as it was."""

    name: str
    levels: str
    lacks: str


def levels_field() -> str | None:
    """The input that chooses noise levels; None where there is none."""
    return next((name for name, field in FIELDS.items() if "karras" in field.choices), None)


def meant_by(written: str) -> Meant:
    """The sampler that written names, or the nearest."""
    if (meant := sampler_meant(written)) is not None:
        return Meant(meant[0], meant[1] or "", "")
    bare = re.sub(r"[^a-z0-9+]", "", written.casefold()[:80])
    found = next(name for begin, name in _NEAREST if bare.startswith(begin))
    levels = next((each for each in ("karras", "exponential") if bare.endswith(each)), "")
    return Meant(found, levels, f"there is no such sampler here, {found} draws")
