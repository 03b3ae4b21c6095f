"""`(a cat):0.8 AND  (a dog):0.2`: the text with which the A1111 extension leads from one prompt to the next.

Source: deforum_helpers/prompt.py, `interpolate_prompts`.
"""

from dreamreel.errors import ScheduleError
from dreamreel.schedule.notes import quote
from dreamreel.schedule.prompting.negatives import NEG, split_once


def joined(one: str, other: str, share: float, field: str) -> str:
    """Both prompts and both their negatives, combined by AND; share: the weight of other's, of 0 to 1.

    Raises ScheduleError for one with two --neg, or without: boxes (negatives.boxed) put one into every prompt.
    """
    for text in (one, other):
        if NEG not in text:
            raise ScheduleError(field, f"{quote(text)} has no {NEG}, which all prompts need to be led into the next")
    (one, one_away), (other, other_away) = split_once(one, field), split_once(other, field)
    text = _pair(one, other, share, shortest=1)
    away = _pair(one_away, other_away, share, shortest=2)
    return f"{text} {NEG} {away}" if away else text


def _pair(one: str, other: str, share: float, shortest: int) -> str:
    """A side of fewer than shortest characters is left out."""
    sides = ((one, 1 - share), (other, share))
    return " AND ".join(f" ({text}):{weight}" for text, weight in sides if len(text) >= shortest)
