"""Prompts as settings files have them -> a text by frame: objects, lists, texts, and objects the wrong way round."""

import json
import math
import re

from dreamreel.documents import Json
from dreamreel.errors import InputError, ScheduleError
from dreamreel.schedule.bounds import refuse_more
from dreamreel.schedule.keys import FormulaKeys
from dreamreel.schedule.prompting.box import read_box

FIELD = "animation_prompts"
_FRAME = re.compile(r"\s*\d{1,9}\s*")


def prompts_of(value: Json, num_frames: int, field: str = FIELD) -> tuple[dict[int, str], str]:
    """The prompts by frame, none for an empty object, and what was changed; empty where nothing was.

    Raises InputError for what is no prompts.
    """
    if isinstance(value, str):
        return _of_text(value, num_frames, field)
    if isinstance(value, list | dict):
        refuse_more(len(value), field, "prompts")
    if isinstance(value, list):
        if any(isinstance(each, dict | list) for each in value):
            raise InputError(field, "must be texts, or texts by frame")
        return {frame: _words(each) for frame, each in enumerate(value)}, ""
    if not isinstance(value, dict):
        raise InputError(field, "must be an object of texts by frame")
    if value and all(_is_frame(each) for each in value.values()) and not all(map(_FRAME.fullmatch, value)):
        turned = {int(float(str(frame))): text for text, frame in value.items()}
        return turned, "written with the texts as names; taken as texts by frame"
    if any(isinstance(each, dict) for each in value.values()):
        raise InputError(field, "must be an object of texts by frame; areas of a picture are not drawn apart")
    found, changed = {}, ""
    formulas = FormulaKeys(field, _names(num_frames))
    for key, each in value.items():
        frame = _frame(key, formulas, field)
        if frame < 0:
            changed = f'the frame "{key[:40]}" is before frame 0, so that its prompt is not drawn'
            continue
        if not _FRAME.fullmatch(key):
            changed = f'the frame "{key[:40]}" is {frame}'
        found[frame] = _words(each)
    return found, changed


def as_json(prompts: dict[int, str]) -> str:
    """Prompts by frame as every profile reads them."""
    return json.dumps({str(frame): prompts[frame] for frame in sorted(prompts)}, ensure_ascii=False)


def _is_frame(value: Json) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return math.isfinite(value)
    return isinstance(value, str) and _FRAME.fullmatch(value) is not None


def _words(value: Json) -> str:
    if value is None:
        return ""
    return ", ".join(map(_words, value)) if isinstance(value, list) else str(value)


def _of_text(value: str, num_frames: int, field: str) -> tuple[dict[int, str], str]:
    """A text is read as here; one that cannot be read so is a prompt."""
    if not value.strip():
        return {}, ""
    try:
        placed, _ = read_box(value, num_frames, field, _names(num_frames))
    except ScheduleError:
        return {0: value.strip()}, "cannot be read as prompts by frame; taken as one prompt"
    return {each.frame: each.text for each in placed}, ""


def _names(num_frames: int) -> dict[str, float]:
    """What keys may use as formulas."""
    return {"max_f": float(num_frames - 1), "s": 0.0}


def _frame(key: str, formulas: FormulaKeys, field: str) -> int:
    if _FRAME.fullmatch(key):
        return int(key)
    try:
        return formulas.frame(key.strip().strip("\"'"), 1)
    except ScheduleError as error:
        raise InputError(field, f'"{key[:40]}" is no frame: {error.message}') from None
