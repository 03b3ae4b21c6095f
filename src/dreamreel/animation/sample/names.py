"""What samplers and the spacings of their noise levels are called, here and by relatives."""

from collections.abc import Iterator

from dreamreel.animation import family
from dreamreel.animation.field import Value
from dreamreel.animation.spelling import bare_name, by_name, misspelt, turned
from dreamreel.diffusion.levels import SPACINGS
from dreamreel.diffusion.sampling import SAMPLERS

# Noise levels as the sampler's name says, or as it was made for.
AUTOMATIC = "automatic"


_SAMPLERS = by_name(family.SAMPLERS, SAMPLERS)
_SPACINGS = by_name(family.SPACINGS, SPACINGS)


def sampler_meant(text: str) -> tuple[str, str | None] | None:
    """(sampler here, spacing or None) that text names, such as "Euler a" or "DPM++ 2M Karras"; None for another."""
    for name, spacing in _readings(bare_name(text)):
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


def nearest_sampler(text: str) -> tuple[str, str | None] | None:
    """The same of which text is a misspelt name; None for what is nothing like one, or another sampler's name."""
    written = bare_name(text)
    if written in family.OTHER_SAMPLERS:
        return None
    table = {bare_name(name): name for name in _names()}
    # One letter more or less is another sampler (dpm2, dpm2 a), but not inside of a word.
    near = turned(written, table) or misspelt(written, table, word=4)
    return None if near is None else sampler_meant(near)


def _names() -> Iterator[str]:
    """Every name of a sampler that is taken, alone and with each spacing."""
    for name, meant in _SAMPLERS.items():
        yield name
        if SAMPLERS[meant].clock.is_spaced:
            yield from (name + spacing for spacing in _SPACINGS)


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
    if bare_name(text) == AUTOMATIC:
        return {}
    meant = _SPACINGS.get(bare_name(text))
    return None if meant is None else {"scheduler": meant}
