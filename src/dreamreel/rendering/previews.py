"""Which TAESD shows films of which models while they are drawn: of what the operator names, by what each says."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dreamreel.errors import ModelError
from dreamreel.models.latents import SD, TITLES, XL, said_latents
from dreamreel.models.recognise import check_preview_vae

# What may stand before a path, and whose latents it names.
_NAMED = {"sd": SD, "sd1": SD, "sd2": SD, "sdxl": XL}


@dataclass(frozen=True)
class PreviewVae:
    """A TAESD for previews. latents: whose it decodes, SD or XL. by: what says so; empty: it is assumed."""

    path: Path
    latents: str
    by: str

    def sentence(self) -> str:
        """What it is taken for, and why."""
        if self.by:
            return f"{self.path} shows films of {TITLES[self.latents]} while they are drawn ({self.by} says so)"
        other, name = (XL, "sdxl") if self.latents == SD else (SD, "sd")
        return (
            f"{self.path} does not say whose latents it is for: it is taken for a TAESD of {TITLES[self.latents]}, and "
            f"shows no film of {TITLES[other]}; --preview-vae {name}={self.path} says otherwise"
        )


def preview_vaes(text: str) -> dict[str, PreviewVae]:
    """Those that a setting names, by whose latents they decode: PATH, sd=PATH or sdxl=PATH, with line breaks or commas
    between them. One that says nothing is taken for SD 1.x's. Reads headers.

    Raises ModelError for what is no TAESD, and for two of one family.
    """
    found: dict[str, PreviewVae] = {}
    for named, path in _paths(text):
        check_preview_vae(path)
        said = said_latents(path)
        chosen = PreviewVae(path, said.latents if said else SD, said.by if said else "")
        if named:
            chosen = PreviewVae(path, named, "the option")
        if (other := found.get(chosen.latents)) is not None:
            ways = " and ".join(f"{name}=PATH" for name in ("sd", "sdxl"))
            raise ModelError(
                f"--preview-vae: {other.path} and {path} are both taken for TAESDs of {TITLES[chosen.latents]}; "
                f"name one, or say {ways}"
            )
        found[chosen.latents] = chosen
    return found


def _paths(text: str) -> Iterator[tuple[str, Path]]:
    """(whose latents, empty if it is not said; where it lies) of each."""
    is_one = not text or ("\n" not in text and Path(text).expanduser().exists())
    for each in [text] if is_one else re.split("\n" if "\n" in text else ",", text):
        name, equals, rest = each.strip().partition("=")
        named = _NAMED.get(name.strip().lower(), "") if equals else ""
        if path := rest.strip() if named else each.strip():
            yield named, Path(path).expanduser()
