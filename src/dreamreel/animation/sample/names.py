"""What samplers and the spacings of their noise levels are called, here and by relatives."""

import re
from collections.abc import Iterator, Mapping

from dreamreel.animation import family
from dreamreel.animation.field import Value
from dreamreel.diffusion.levels import SPACINGS
from dreamreel.diffusion.sampling import SAMPLERS

# Noise levels as the sampler's name says, or as it was made for.
AUTOMATIC = "automatic"


def _bare(text: str) -> str:
    return re.sub(r"[^a-z0-9+]", "", text.casefold()[:80])


def _by_name(others: Mapping[str, str], names: Mapping[str, object]) -> dict[str, str]:
    listed = {other: name for name, written in others.items() for other in written.split()}
    return {**listed, **{_bare(name): name for name in names}}


_SAMPLERS = _by_name(family.SAMPLERS, SAMPLERS)
_SPACINGS = _by_name(family.SPACINGS, SPACINGS)


def sampler_meant(text: str) -> tuple[str, str | None] | None:
    """(sampler here, spacing or None) that text names, such as "Euler a" or "DPM++ 2M Karras"; None for another."""
    for name, spacing in _readings(_bare(text)):
        name = name.removesuffix("scheduler").removesuffix("discrete").removeprefix("sample")
        meant = _SAMPLERS.get(name) or _SAMPLERS.get(name.removeprefix("k"))
        if meant is not None and (spacing is None or SAMPLERS[meant].clock.is_spaced):
            return meant, spacing
    return None


def _readings(name: str) -> Iterator[tuple[str, str | None]]:
    """name as that of a sampler alone, and as that of one with each spacing that it may end with."""
    yield name, None
    for written, spacing in _SPACINGS.items():
        if name.endswith(written):
            yield name.removesuffix(written), spacing


def sampler_and_scheduler(text: str) -> dict[str, Value] | None:
    """The inputs that the name of a sampler stands for; None for one that is not here."""
    if (meant := sampler_meant(text)) is None:
        return None
    name, spacing = meant
    name = text if text in SAMPLERS else name  # plms stays what it was called
    found: dict[str, Value] = {"sampler": name}
    return found if spacing is None else {**found, "scheduler": spacing}


def scheduler_alone(text: str) -> dict[str, Value] | None:
    """The inputs that the name of a spacing stands for; none of them where it leaves the choice to the sampler."""
    if _bare(text) == AUTOMATIC:
        return {}
    meant = _SPACINGS.get(_bare(text))
    return None if meant is None else {"scheduler": meant}
