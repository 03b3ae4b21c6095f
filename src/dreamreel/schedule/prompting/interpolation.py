"""`(a cat):0.8 AND  (a dog):0.2`: the text with which the A1111 extension leads from one prompt to the next.

Source: deforum_helpers/prompt.py, `interpolate_prompts`.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from dreamreel.errors import ScheduleError
from dreamreel.schedule.notes import quote
from dreamreel.schedule.prompting.negatives import NEG, split_once


def interpolated(prompts: Mapping[int, str], num_frames: int, field: str) -> Iterator[str]:
    """The text of each frame. prompts: by frame, at least one; the first is shown before its frame, too.

    Raises ScheduleError, as joined does.
    """
    keys = sorted(prompts)
    texts: dict[int, str] = {}
    for begin, end in pairwise(keys):
        _check_has_negative(prompts[begin], prompts[end], field)
        for frame in range(begin + 1, min(end, num_frames)):
            share = 1 / (end - begin) * (frame - begin)
            texts[frame] = joined(prompts[begin], prompts[end], share, field)
    shown = prompts[keys[0]]
    for frame in range(num_frames):
        shown = prompts.get(frame, shown)
        yield texts.get(frame, shown)


def joined(one: str, other: str, share: float, field: str) -> str:
    """Both prompts and both their negatives, combined by AND; share: the weight of other's, of 0 to 1.

    Raises ScheduleError for one with two --neg, or without: boxes (negatives.boxed) put one into every prompt.
    """
    _check_has_negative(one, other, field)
    (one, one_away), (other, other_away) = split_once(one, field), split_once(other, field)
    text = _pair(one, other, share, shortest=1)
    away = _pair(one_away, other_away, share, shortest=2)
    return f"{text} {NEG} {away}" if away else text


def _pair(one: str, other: str, share: float, shortest: int) -> str:
    """A side of fewer than shortest characters is left out."""
    sides = ((one, 1 - share), (other, share))
    return " AND ".join(f" ({text}):{weight}" for text, weight in sides if len(text) >= shortest)


def _check_has_negative(one: str, other: str, field: str) -> None:
    for text in (one, other):
        if NEG not in text:
            raise ScheduleError(field, f"{quote(text)} has no {NEG}, which prompts need to be led into each other")
