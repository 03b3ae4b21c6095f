"""`<lora:name:0.8>` in a prompt: which LoRAs it is drawn with, and how strongly each counts.

Source: AUTOMATIC1111's webui, modules/extra_networks.py and its Lora extension: `<lora:name:text:unet>`, where one
number is both, none is 1, and `te=`, `unet=` name theirs.
"""

import math
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dreamreel.errors import ScheduleError
from dreamreel.schedule.notes import quote
from dreamreel.schedule.series import Floats

TAG = re.compile(r"<(?:lora|lyco|lycoris):([^<>:]+)((?::[^<>]*)?)>", re.IGNORECASE)
# Beyond it a strength is a mistake.
MOST_STRENGTH = 100
# Of a film; each takes time in every pass.
MOST = 32
# Of one text, which is read anew at each frame where prompts cross.
MOST_TAGS = 100
# By name, how strongly each counts at each frame, (N,): for the network, and for the text encoders.
Strengths = dict[str, tuple[Floats, Floats]]


@dataclass(frozen=True)
class Tag:
    """A LoRA and how strongly it counts, for the network and for the text encoders."""

    name: str
    unet: float
    text: float


def without_tags(text: str) -> str:
    """text without its tags, as webui leaves it."""
    return TAG.sub("", text)


def tags_in(text: str, field: str) -> Iterator[Tag]:
    """The tags of a text, in order. Raises ScheduleError for a strength that is no number, and for too many."""
    for number, found in enumerate(TAG.finditer(text)):
        if number == MOST_TAGS:
            raise ScheduleError(field, f"has more than {MOST_TAGS} tags of LoRAs in one text", found.start() + 1)
        yield _tag(found, field)


def add_tags(
    strengths: Strengths,
    tags: Iterable[Tag],
    frames: slice | NDArray[np.bool_],
    num_frames: int,
    field: str,
    share: float = 1.0,
) -> None:
    """Adds a share of what tags say to strengths at frames, of so many. Raises ScheduleError for too many LoRAs."""
    for tag in tags:
        if tag.name not in strengths:
            strengths[tag.name] = np.zeros(num_frames), np.zeros(num_frames)
            check_count(strengths, field)
        for series, strength in zip(strengths[tag.name], (tag.unet, tag.text), strict=True):
            series[frames] += share * strength


def check_count(names: Collection[str], field: str) -> None:
    """Raises ScheduleError for more LoRAs than a film may have."""
    if len(names) > MOST:
        raise ScheduleError(field, f"has more than {MOST} LoRAs, which are the most that a film may have")


def _tag(found: re.Match[str], field: str) -> Tag:
    placed: list[float] = []
    named: dict[str, float] = {}
    for word in found[2].split(":")[1:]:
        key, equals, value = word.partition("=")
        if not equals:
            placed.append(_number(word, found, field))
        elif key.strip().lower() in ("te", "unet"):
            named[key.strip().lower()] = _number(value, found, field)
    text = named.get("te", placed[0] if placed else 1.0)
    return Tag(found[1].strip(), named.get("unet", placed[1] if len(placed) > 1 else text), text)


def _number(text: str, found: re.Match[str], field: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= MOST_STRENGTH:  # NaN neither
        column = found.start() + 1
        message = (
            f"{quote(found[0])}: {quote(text)} is not a strength from -{MOST_STRENGTH} to {MOST_STRENGTH}; "
            "write <lora:name:0.8>"
        )
        raise ScheduleError(field, message, column)
    return value
