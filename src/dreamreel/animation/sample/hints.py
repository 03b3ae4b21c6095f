"""How a picture becomes what a ControlNet is shown: preprocessors, by the names of the webui's extension."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from dreamreel.errors import InputError
from dreamreel.imaging import outlines
from dreamreel.imaging.warp2d import Image
from dreamreel.schedule.notes import quote

# Of thresholds, as levels of a picture.
MOST = 255.0


@dataclass(frozen=True)
class Preprocessor:
    """run: of a picture and as many thresholds as there are defaults."""

    name: str
    run: Callable[..., Image]
    defaults: tuple[float, ...] = ()


def _as_it_is(image: Image) -> Image:
    return image


_ALL = (
    Preprocessor("none", _as_it_is),
    Preprocessor("canny", outlines.canny, (100.0, 200.0)),
    Preprocessor("lineart_standard", outlines.lineart),
    Preprocessor("scribble_xdog", outlines.scribble, (32.0,)),
    Preprocessor("invert", outlines.invert),
)
PREPROCESSORS = {each.name: each for each in _ALL}
# How names begin of those that are networks of their own, and what these find.
_NETWORKS = {
    r"depth|zoe|midas|leres": "depth",
    r"normal|bae": "surfaces",
    r"openpose|dw_?pose|pose|densepose|animal": "poses",
    r"seg|oneformer|ufade|ofade|ofcoco": "segments",
    r"mlsd": "straight lines",
    r"softedge|hed|pidi|teed|scribble|lineart": "soft edges",
    r"clip|ip.?adapter|reference|revision": "what a picture shows",
}


def default_for(name: str) -> str:
    """What a ControlNet of that name is shown where nothing is said: edges, if its name says that it takes these."""
    return "canny" if "canny" in name.lower() else "none"


def preprocessor(field: str, name: str) -> Preprocessor:
    """The one of that name. Raises InputError that says what is needed for one that is not here."""
    known = name.strip().lower()
    known = "canny" if known == "canny_edge" else "invert" if known.startswith("invert") else known
    if known in PREPROCESSORS:
        return PREPROCESSORS[known]
    finds = next((finds for pattern, finds in _NETWORKS.items() if re.match(pattern, known)), None)
    why = f"needs a network that finds {finds}, which is not here" if finds else "is no preprocessor"
    raise InputError(field, f"{quote(name.strip())} {why}; there are {', '.join(PREPROCESSORS)}")
