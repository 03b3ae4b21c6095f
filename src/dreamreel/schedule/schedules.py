"""A schedule's text -> its value at each frame: keyframes, formulas and in-betweens put together."""

import re
from bisect import bisect_right
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import isnan
from unicodedata import normalize

import numpy as np

from dreamreel.errors import ScheduleError
from dreamreel.schedule.bounds import first_notes
from dreamreel.schedule.characters import plain
from dreamreel.schedule.expressions import evaluate
from dreamreel.schedule.in_betweens import Floats, Interp
from dreamreel.schedule.keyframes import ORIGINAL_MESSAGE, Keyframe, Span
from dreamreel.schedule.notes import Note, quote
from dreamreel.schedule.plain_numbers import plain_points
from dreamreel.schedule.readings import ORIGINAL, READINGS, SUPERSET, Reading, refuse_no_start
from dreamreel.schedule.series import KeysPastEnd, build_series
from dreamreel.schedule.skipped import NEEDS_MATH

MAX_FORMULAS = 1000
# Of all formulas of a text; each is at most 1000 long. Working out so many takes a fifth of a second.
MAX_FORMULA_CHARACTERS = 40_000
# Longer texts, and those of longer films, are read each time: 256 series of so many frames are 4 MB.
_REMEMBERED = 2000
# What consecutive frames have, and the first of them.
Run = tuple[int, Floats | list[float]]
Parse = Callable[[str, str, "Grammar"], object]
# Where formulas may say the seed.
_SEED = re.compile(r"\bs\b")


@dataclass(frozen=True)
class Grammar:
    """What the schedules of one animation may say.

    num_frames: how many frames, 1 or more. seed: the `s` of formulas.
    math: whether a value that is not a number is a formula. keys_past_end: see build_series. reading: how texts are
    written. interp: how keys are joined.
    """

    num_frames: int
    seed: int = 0
    math: bool = False
    keys_past_end: KeysPastEnd = "compress"
    reading: Reading = ORIGINAL
    interp: Interp = "linear"

    @property
    def key_names(self) -> dict[str, float] | None:
        """What keys may use as formulas; None where keys are digits."""
        return {"max_f": self.num_frames - 1, "s": self.seed} if self.math else None

    @cached_property
    def seedless(self) -> "Grammar":
        """The same for texts without formulas, of which every seed makes the same; one object for equal ones."""
        return _shared(replace(self, seed=0))

    @cached_property
    def _hash(self) -> int:
        return hash((self.num_frames, self.seed, self.math, self.keys_past_end, self.reading, self.interp))

    def __hash__(self) -> int:
        # Worked out once: every text of a request is looked up by it.
        return self._hash


@lru_cache(256)
def _shared(grammar: Grammar) -> Grammar:
    return grammar


def parse_schedule(text: str, field: str, grammar: Grammar) -> tuple[Floats, list[Note]]:
    """The series of text, shape (num_frames,), finite, and notes on what may surprise. It cannot be written to.

    Raises ScheduleError naming field and column.
    """
    try:
        if len(text) > _REMEMBERED or grammar.num_frames > _REMEMBERED:
            return _parsed(text, field, grammar)
        series, notes = remembered(text, grammar if may_say_seed(text) else grammar.seedless)
    except ScheduleError as error:
        raise _placed(error, text, field, grammar, _parsed) from None
    return series, [replace(note, field=field) for note in notes]


def _placed(error: ScheduleError, text: str, field: str, grammar: Grammar, parse: Parse) -> ScheduleError:
    """error, of that field, with the profile that reads text where the grammar's does not and that one does."""
    message = error.message
    if grammar.reading.strict and SUPERSET not in message:
        with suppress(ScheduleError):
            parse(text, field, replace(grammar, reading=READINGS[SUPERSET], keys_past_end="clip"))
            message += f"; profile {SUPERSET} reads it"
    return ScheduleError(field, message, error.column)


def may_say_seed(text: str) -> bool:
    """Whether a formula in text could mean the seed: characters that Python takes for an `s` count as one."""
    return _SEED.search(text if text.isascii() else normalize("NFKC", text)) is not None


def _parsed(text: str, field: str, grammar: Grammar) -> tuple[Floats, list[Note]]:
    points = plain_points(text, grammar.num_frames) if len(text) <= _REMEMBERED else None
    if points is not None:
        return _finished(build_series(points, grammar.num_frames, grammar.keys_past_end, grammar.interp)), []
    keyframes, notes = _keyframes(text, field, grammar)
    runs, past = _runs(keyframes, field, grammar)
    if not runs:
        raise ScheduleError(field, f"{quote(text)} is no number at any frame", 1)
    if grammar.keys_past_end == "ignore" and all(frame >= grammar.num_frames for frame, _ in runs):
        message = f"every key is past the last frame {grammar.num_frames - 1}, where keys are ignored"
        raise ScheduleError(field, message, keyframes[0].column)
    return _finished(_series(runs, grammar)), [*notes, *first_notes(iter(past), field)]


def _finished(series: Floats) -> Floats:
    series.setflags(write=False)
    return series


def _series(runs: list[Run], grammar: Grammar) -> Floats:
    """What runs say, joined where they say nothing."""
    count = 0
    for frame, values in runs:
        if frame != count:
            break
        count += len(values)
    else:
        if count == grammar.num_frames:  # they say it all, one after another
            return np.concatenate([values for _, values in runs])
    points = {frame + place: value for frame, values in runs for place, value in enumerate(values)}
    return build_series(points, grammar.num_frames, grammar.keys_past_end, grammar.interp)


@lru_cache(256)
def remembered(text: str, grammar: Grammar) -> tuple[Floats, list[Note]]:
    """What every field makes of a text; its notes name none.

    A request's schedules are read by its check, its plan and its answer, most are those of the request before, and of
    the forty of a film many say the same.
    """
    return _parsed(text, "", grammar)


def parse_texts(text: str, field: str, grammar: Grammar) -> tuple[list[str], list[Note]]:
    """The name that text gives each frame, (num_frames,): each holds until the next key. And notes.

    Raises ScheduleError naming field and column.
    """
    try:
        return _texts(text, field, grammar)
    except ScheduleError as error:
        raise _placed(error, text, field, grammar, _texts) from None


def _texts(text: str, field: str, grammar: Grammar) -> tuple[list[str], list[Note]]:
    keyframes, notes = _keyframes(text, field, grammar)
    written = {keyframe.frame: keyframe for keyframe in keyframes}
    frames, names = sorted(written), grammar.reading
    found: list[str] = []
    repeated: list[Note] = []
    for frame in frames:
        value, column = written[frame].text, written[frame].column
        if names.numeric_names == "kept" or names.number(value) is None:
            found.append(names.text(value))
            continue
        message = f"{quote(value)} at column {column} is a number, where a name is meant"
        if names.numeric_names == "refused" or not found:
            raise ScheduleError(field, message, column)
        repeated.append(Note(field, f"{message}: {quote(found[-1])} goes on", column, ignored=True))
        found.append(found[-1])
    notes += first_notes(iter(repeated), field)
    places = np.searchsorted(frames, np.arange(grammar.num_frames), "right") - 1
    return [found[max(place, 0)] for place in places.tolist()], notes


def locate_schedule(text: str, field: str, grammar: Grammar) -> list[Span]:
    """The keyframes of a text that parse_schedule() accepts, with their places, for editors."""
    spans, _ = grammar.reading.read(text, field, grammar.key_names)
    return [span for span in spans if span.keyframe.frame >= 0]


def _keyframes(text: str, field: str, grammar: Grammar) -> tuple[list[Keyframe], list[Note]]:
    """Those from frame 0 on that count, at least one, in the order written, and notes on the text."""
    spans, found = grammar.reading.read(text, field, grammar.key_names)
    notes = first_notes(found, field)
    keyframes = [span.keyframe for span in spans if span.keyframe.frame >= 0]
    if not keyframes:
        raise ScheduleError(field, f"{ORIGINAL_MESSAGE}: every key is before frame 0", 1)
    refuse_no_start(grammar.reading, min(keyframe.frame for keyframe in keyframes), field)
    return keyframes, notes


def _runs(keyframes: list[Keyframe], field: str, grammar: Grammar) -> tuple[list[Run], list[Note]]:
    """The runs that keyframes say, and notes. A repeated frame keeps its first place and takes its last value."""
    written = {keyframe.frame: keyframe for keyframe in keyframes}
    in_order = sorted(written)
    governing = in_order[max(bisect_right(in_order, grammar.num_frames - 1) - 1, 0)]
    runs: list[Run] = []
    notes: list[Note] = []
    num_formulas = num_characters = 0
    for frame, keyframe in written.items():
        is_past = frame >= grammar.num_frames and governing < grammar.num_frames
        if is_past and grammar.keys_past_end == "ignore":
            message = f"key {frame} is past the last frame {grammar.num_frames - 1}; it is ignored"
            notes.append(Note(field, message, keyframe.column, ignored=frame > grammar.num_frames))
            continue
        number = _number(keyframe, field, grammar)
        if number is None:
            num_formulas, num_characters = num_formulas + 1, num_characters + len(keyframe.text)
            _check_formula(keyframe, field, grammar, num_formulas, num_characters)
        if is_past:
            governs = grammar.reading.number(written[governing].text) is not None
            notes += _past_end(keyframe, governs, governing, number is not None, field, grammar)
            # To reach a value at the last frame instead is the original's rule, which knows numbers only.
            if not governs or (number is None and grammar.keys_past_end == "compress"):
                continue
        runs += _formula(keyframe, in_order, field, grammar) if number is None else [(frame, [number])]
    return runs, _last_counts(notes)


def _check_formula(keyframe: Keyframe, field: str, grammar: Grammar, num_formulas: int, num_characters: int) -> None:
    if not grammar.math:
        raise ScheduleError(
            field,
            f"could not convert string to float: {quote(keyframe.text)} at column {keyframe.column}; "
            f"{_instead(keyframe.text)}",
            keyframe.column,
        )
    if num_formulas > MAX_FORMULAS:
        raise ScheduleError(field, f"more than {MAX_FORMULAS} formulas", keyframe.column)
    if num_characters > MAX_FORMULA_CHARACTERS:
        raise ScheduleError(
            field, f"formulas of more than {MAX_FORMULA_CHARACTERS} characters together", keyframe.column
        )


def _instead(text: str) -> str:
    """What to write for a value that is no number, where formulas were not asked for."""
    if comma := re.fullmatch(r"\s*([-+]?[0-9]{1,20}),([0-9]{1,20})\s*", plain(text)):
        return f"write {comma[1]}.{comma[2]}: a decimal comma is no part of a number"
    if percent := re.fullmatch(r"\s*([-+]?[0-9.]{1,20})\s*%\s*", text):
        return f"write a factor for {percent[1]} %, such as 1.04"
    if not text.strip():
        return "a value is a number such as 1.04"
    return f"a value is a number such as 1.04 ({NEEDS_MATH})"


def _number(keyframe: Keyframe, field: str, grammar: Grammar) -> float | None:
    """The number that a value is; None for a formula."""
    try:
        value = grammar.reading.number(keyframe.text)
    except ValueError:
        value = np.nan
    if value is not None and not np.isfinite(value):
        raise ScheduleError(
            field,
            f"{quote(keyframe.text.strip())} at column {keyframe.column} is not a finite number",
            keyframe.column,
        )
    return value


def _formula(keyframe: Keyframe, in_order: list[int], field: str, grammar: Grammar) -> list[Run]:
    """A formula holds from its key to the frame before the next key, as in Deforum's notebooks; not where it is nan."""
    first, after = keyframe.frame, bisect_right(in_order, keyframe.frame)
    stop = max(min([*in_order[after : after + 1], grammar.num_frames]), first + 1)
    t = np.arange(first, stop, dtype=np.float64)
    values = evaluate(
        keyframe.text, t, grammar.num_frames - 1, grammar.seed, field, keyframe.column, grammar.reading.language
    )
    if grammar.reading.language.gaps and np.isnan(values).any():
        return [(first + place, [value]) for place, value in enumerate(values.tolist()) if not isnan(value)]
    return [(first, values)]


def _past_end(
    keyframe: Keyframe, governs: bool, governing: int, is_number: bool, field: str, grammar: Grammar
) -> list[Note]:
    """What becomes of a key past the end. A key exactly at the length is written on purpose, and does what it says.

    governs: whether the last key before the end, at frame governing, is a number. is_number: whether this one is.
    """
    last, frame, column = grammar.num_frames - 1, keyframe.frame, keyframe.column
    past = f"key {frame} is past the last frame {last}"
    if not governs:
        message = f"{past}; it is ignored: the formula at frame {governing} goes on to the end"
        return [Note(field, message, column, ignored=True)]
    if grammar.keys_past_end == "clip":
        return []
    if not is_number:
        return [Note(field, f"{past}; it is ignored: it is a formula", column, ignored=True)]
    return [] if frame == last + 1 else [Note(field, f"{past}; its value is reached at frame {last}", column)]


def _last_counts(notes: list[Note]) -> list[Note]:
    """Of several numbers past the end only the one written last is reached."""
    reached = [note for note in notes if not note.ignored]
    return [note for note in notes if note.ignored or note is reached[-1]]
