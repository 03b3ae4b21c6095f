"""What samplers are called in the family -> the sampler here, and the noise levels that it draws on."""

import re
from dataclasses import dataclass

from dreamreel.animation.fields import FIELDS
from dreamreel.animation.sample.names import sampler_meant

# As A1111's list had them by number when settings files held numbers.
LISTED = (
    *("Euler a", "Euler", "LMS", "Heun", "DPM2", "DPM2 a", "DPM++ 2S a", "DPM++ 2M", "DPM++ SDE", "DPM fast"),
    *("DPM adaptive", "LMS Karras", "DPM2 Karras", "DPM2 a Karras", "DPM++ 2S a Karras", "DPM++ 2M Karras"),
    *("DPM++ SDE Karras", "DDIM", "PLMS"),
)
# Bare names of the family -> names that a sampler may have here.
_HERE = {
    "dpm++2sa": "dpmpp_2s_ancestral",
    "dpmpp2sa": "dpmpp_2s_ancestral",
    "dpmpp2sancestral": "dpmpp_2s_ancestral",
    "dpm++2m": "dpmpp_2m",
    "dpm++sde": "dpmpp_sde",
    "dpm++2msde": "dpmpp_2m_sde",
    "dpmfast": "dpm_fast",
    "dpmadaptive": "dpm_adaptive",
    "unipc": "unipc",
    "lcm": "lcm",
}
# What comes nearest to a sampler that is not here, by how it begins; the last is for all others.
_NEAREST = (("dpm++2m", "klms"), ("dpmpp2m", "klms"), ("dpm2", "dpm2"), ("restart", "euler"), ("", "euler_ancestral"))
_LEVELS = ("karras", "exponential")


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
    bare, levels = re.sub(r"[^a-z0-9+]", "", written.casefold()[:80]), ""
    for each in _LEVELS:
        if bare.endswith(each):
            bare, levels = bare.removesuffix(each), each
    choices = FIELDS["sampler"].choices
    found = sampler_meant(bare)
    if found is None and _HERE.get(bare) in choices:
        found = _HERE[bare]
    lacks = []
    if found is None:
        found = next(name for begin, name in _NEAREST if bare.startswith(begin))
        lacks.append(f"there is no such sampler here, {found} draws")
    if levels and levels_field() is None:
        lacks.append(
            f"not on {levels.capitalize()}'s noise levels" if levels == "karras" else f"not on {levels} noise levels"
        )
        levels = ""
    return Meant(found, levels, ", and ".join(lacks))
