"""`"0: a forest | 60: a city"` -> the prompt of each frame.

The rules, their order and the wording of the errors are the original predictor's (replicate.py,
`predict`), with three differences: only the first colon of a part separates, what made int()
fail there is refused by name here, and Deforum's `{"0": "a forest", "60": "a city"}` is read as what
it is, unless the original's reading is asked for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dreamreel.errors import ScheduleError
from dreamreel.schedule.bounds import check_length, check_parts, first_notes, refuse_more
from dreamreel.schedule.characters import odd_marks
from dreamreel.schedule.json_prompts import Member, looks_like_json, read_json_prompts
from dreamreel.schedule.keys import FormulaKeys
from dreamreel.schedule.notes import Note, quote
from dreamreel.schedule.prompt_notes import is_time, label_meant, notes_on_frames, notes_on_words

FORMAT = "Please follow the 'frame_num: prompt' format."
FRAME = "frame_num should be an integer and 0<= frame_num <= max_frames"
ALTERNATIVES = 'a "|" begins another prompt, also in brackets'
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


def locate_prompts(text: str, num_frames: int, as_json: bool = True) -> list[PromptSpan]:
    """The prompts of a text that parse_prompts() accepts, as written, for editors.

    A single prompt is shown without a leading "0: ", whether the text encoder gets that or not.
    """
    if as_json and looks_like_json(text) and (members := read_json_prompts(text)[0]):
        framed = _framed(members, num_frames, "animation_prompts")
        spans = [PromptSpan(frame, each.text, each.start, each.stop) for frame, each in framed if frame >= 0]
        return sorted(spans, key=lambda span: span.frame)
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
    """prompt as logs and tables show it for each frame: cut at a length beyond that of any model."""
    return prompt if len(prompt) <= MAX_TOLD else prompt[: MAX_TOLD - 3] + "..."


def _span(frame: int, text: str, start: int, stop: int) -> PromptSpan:
    """The words between start and stop without the blanks around them."""
    words = text[start:stop].strip()
    start += len(text[start:stop]) - len(text[start:stop].lstrip())
    return PromptSpan(frame, words, start, start + len(words))


def parse_prompts(
    text: str, num_frames: int, field: str, strip_single_prefix: bool = False, as_json: bool = True
) -> tuple[dict[int, str], list[Note]]:
    """Frame -> prompt, sorted by frame, and notes on what is accepted but may surprise.

    A text without `|` is one prompt, taken whole: the original keeps even a leading "0: ".
    strip_single_prefix: drop that prefix. as_json: whether an object of prompts is read as one.

    Raises ScheduleError, with the wording of the original and the part it is about; also for a text that is too
    long (bounds.py).
    """
    check_length(text, field)
    is_json = as_json and looks_like_json(text)
    if is_json and (members := read_json_prompts(text)[0]):
        prompts, notes = _of_members(members, num_frames, field)
        return prompts, [*notes, *notes_on_words(((each.start, each.text) for each in members), field)]
    check_parts(text, field)
    prompts, notes = _of_parts(text, num_frames, field, strip_single_prefix)
    if is_json:
        return prompts, [_unreadable(text, field)]
    missing = first_notes(notes_on_frames(text, num_frames, field), field)
    return prompts, [*notes, *missing, *notes_on_words([(0, text)], field)]


def _of_parts(text: str, num_frames: int, field: str, strip_single_prefix: bool) -> tuple[dict[int, str], list[Note]]:
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


def _of_members(members: list[Member], num_frames: int, field: str) -> tuple[dict[int, str], list[Note]]:
    prompts: dict[int, str] = {}
    notes = []
    refuse_more(len(members), field, "prompts")
    for frame, member in _framed(members, num_frames, field):
        if not 0 <= frame < num_frames:
            message = f"the prompt at frame {frame} is never shown: the last frame is {num_frames - 1}"
            notes.append(Note(field, message, member.column, ignored=True))
        elif frame in prompts:
            message = f"frame {frame} comes twice; the one at column {member.column} counts"
            notes.append(Note(field, message, member.column, ignored=True))
        if 0 <= frame < num_frames:
            prompts[frame] = member.text.strip()
    if not prompts:
        raise ScheduleError(field, f"{FRAME} (no prompt is at a frame from 0 to {num_frames - 1})", members[0].column)
    ordered = dict(sorted(prompts.items()))
    written = " | ".join(f"{frame}: {prompt}" for frame, prompt in ordered.items())
    return ordered, [
        Note(field, f"read as Deforum's JSON prompts, {quote(written, 80)}"),
        *first_notes(iter(notes), field),
    ]


def _framed(members: list[Member], num_frames: int, field: str) -> Iterator[tuple[int, Member]]:
    """Each with the frame of its key, which may be a formula of max_f as in Deforum's extension."""
    formulas = FormulaKeys(field, {"max_f": num_frames - 1})
    for member in members:
        is_plain = member.key.isascii() and member.key.isdecimal() and len(member.key) <= 18
        yield int(member.key) if is_plain else formulas.frame(member.key, member.column), member


def _unreadable(text: str, field: str) -> Note:
    column = read_json_prompts(text)[1]
    message = (
        f"all of it is one prompt: it looks like JSON prompts, and cannot be read as such at column {column} "
        f'({quote(text[column - 1 : column + 29])}); write "0: a fox | 30: a cat"'
    )
    return Note(field, message, column, ignored=True)


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
                'as the original does; "strip_single_prefix": true drops it',
                1,
            )
        ]
    return {0: text}, []


def _part(part: str, number: int, column: int, num_frames: int, field: str) -> tuple[int, str]:
    left, colon, right = part.partition(":")
    if not part.strip():
        raise ScheduleError(field, f"{FORMAT} (part {number} is empty)", column)
    if not colon:
        odd = next((f"; {sentence}" for _, sentence in odd_marks(part[:100])), "")
        odd = odd or (f"; {ALTERNATIVES}" if re.search(r"[\[\]{}]", part) else "")
        raise ScheduleError(
            field, f"{FORMAT} (part {number} at column {column} has no colon: {quote(part.strip())}{odd})", column
        )
    digits = left.strip()
    # "²".isdigit() is true and int("²") fails; isdecimal() is true exactly for what int() takes.
    frame = int(digits) if digits.isdecimal() and len(digits) <= 4000 and len(digits.lstrip("0")) <= 18 else -1
    if not 0 <= frame <= num_frames:
        raise ScheduleError(
            field,
            f"{FRAME} (part {number} at column {column}: got {quote(digits)}, max_frames is {num_frames}"
            f"{_instead(left)})",
            column,
        )
    return frame, right.strip()


def _instead(left: str) -> str:
    """What to write for what stands before a colon and is no frame number."""
    if re.search(r"[\"'“”‘’]\s*$", left) or re.match(r"\s*[\"'“”‘’]", left):
        return "; write it without quotes"
    if found := re.fullmatch(r"\s*frame\s*([0-9]{1,9})\s*", left, re.IGNORECASE):
        return f"; write {found[1]}"
    if advice := label_meant(f"{left.strip()}:"):
        begin = re.search(r"[0-9]{1,9}", left)
        return f"; {advice}{f', such as {begin[0]}' if begin and not is_time(f'{left}:') else ''}"
    if re.match(r"\s*[\[({]", left):
        return f"; {ALTERNATIVES}"
    return ""
