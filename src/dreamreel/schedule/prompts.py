"""`"0: a forest | 60: a city"` -> the prompt of each frame.

The rules, their order and the wording of the errors are the original predictor's (replicate.py,
`predict`), with two differences: only the first colon of a part separates, and what made int()
fail there is refused by name here.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dreamreel.errors import ScheduleError
from dreamreel.schedule.bounds import check_parts
from dreamreel.schedule.notes import Note, quote

FORMAT = "Please follow the 'frame_num: prompt' format."
FRAME = "frame_num should be an integer and 0<= frame_num <= max_frames"
EMPTY = "prompt cannot be empty"
MAX_TOLD = 1000
_PREFIX = re.compile(r"\s{0,20}[0-9]{1,20}\s{0,20}:\s{0,20}")


@dataclass(frozen=True)
class PromptSpan:
    """A prompt and where its words stand: from start to before stop, counted from 0."""

    frame: int
    text: str
    start: int
    stop: int


def locate_prompts(text: str) -> list[PromptSpan]:
    """The prompts of a text that parse_prompts() accepts, as written, for whoever edits one of them.

    A single prompt is shown without a leading "0: ", whether the text encoder gets that or not.
    """
    parts = text.split("|")
    if len(parts) == 1:
        prefix = _PREFIX.match(text)
        return [_span(0, text, prefix.end() if prefix else 0, len(text))]
    spans, start = [], 0
    for part in parts:
        colon, stop = text.index(":", start), start + len(part)
        spans.append(_span(int(text[start:colon].strip()), text, colon + 1, stop))
        start = stop + 1
    return sorted(spans, key=lambda span: span.frame)


def shorten(prompt: str) -> str:
    """prompt as it is told for each frame, in logs and tables: cut where nobody reads on and no model does."""
    return prompt if len(prompt) <= MAX_TOLD else prompt[: MAX_TOLD - 3] + "..."


def _span(frame: int, text: str, start: int, stop: int) -> PromptSpan:
    """The words between start and stop without the blanks around them."""
    words = text[start:stop].strip()
    start += len(text[start:stop]) - len(text[start:stop].lstrip())
    return PromptSpan(frame, words, start, start + len(words))


def parse_prompts(
    text: str, num_frames: int, field: str, strip_single_prefix: bool = False
) -> tuple[dict[int, str], list[Note]]:
    """Frame -> prompt, sorted by frame, and notes on what is accepted but may surprise.

    A text without `|` is one prompt, taken whole: the original keeps even a leading "0: ".
    strip_single_prefix: drop that prefix.

    Raises ScheduleError, with the wording of the original and the part it is about; also for a text that is too
    long (bounds.py).
    """
    check_parts(text, field)
    parts = text.split("|")
    if len(parts) == 1:
        return _single(text, field, strip_single_prefix)
    prompts: dict[int, str] = {}
    column = 1
    for number, part in enumerate(parts, start=1):
        frame, prompt = _part(part, number, column, num_frames, field)
        if frame in prompts:
            raise ScheduleError(field, f"Duplicate prompts for frame_num {frame}.  (part {number})", column)
        if not prompt:
            raise ScheduleError(field, f"{EMPTY} (part {number} at column {column})", column)
        prompts[frame] = prompt
        column += len(part) + 1
    return dict(sorted(prompts.items())), _never_shown(prompts, num_frames, field)


def _never_shown(prompts: dict[int, str], num_frames: int, field: str) -> list[Note]:
    if num_frames not in prompts:
        return []
    message = f"the prompt at frame {num_frames} is never shown: the last frame is {num_frames - 1}"
    return [Note(field, message, ignored=True)]


def prompt_of_each_frame(frames: list[int], num_frames: int) -> NDArray[np.int64]:
    """Index into frames (sorted) of the prompt shown at each frame: a step function. Shape (num_frames,).

    Frames before the first key show the first prompt.
    """
    return np.maximum(np.searchsorted(frames, np.arange(num_frames), side="right") - 1, 0)


def _single(text: str, field: str, strip_prefix: bool) -> tuple[dict[int, str], list[Note]]:
    prefix = _PREFIX.match(text)
    if prefix and strip_prefix:
        text, prefix = text[prefix.end() :], None
    if not text.strip():
        return {0: text}, [Note(field, "empty: every frame is drawn without a prompt")]
    if prefix:
        return {0: text}, [
            Note(
                field,
                f"a single prompt is used whole, with its leading {quote(prefix.group().strip())}, "
                "as the original does",
                1,
            )
        ]
    return {0: text}, []


def _part(part: str, number: int, column: int, num_frames: int, field: str) -> tuple[int, str]:
    left, colon, right = part.partition(":")
    if not part.strip():
        raise ScheduleError(field, f"{FORMAT} (part {number} is empty)", column)
    if not colon:
        raise ScheduleError(
            field, f"{FORMAT} (part {number} at column {column} has no colon: {quote(part.strip())})", column
        )
    digits = left.strip()
    # "²".isdigit() is true and int("²") fails; isdecimal() is true exactly for what int() takes.
    frame = int(digits) if digits.isdecimal() and len(digits) <= 4000 and len(digits.lstrip("0")) <= 18 else -1
    if not 0 <= frame <= num_frames:
        raise ScheduleError(
            field,
            f"{FRAME} (part {number} at column {column}: got {quote(digits)}, max_frames is {num_frames})",
            column,
        )
    return frame, right.strip()
