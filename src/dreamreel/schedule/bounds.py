"""How large a text may be: far beyond any real schedule, and read in a fraction of a second."""

import re
from collections.abc import Iterator
from itertools import islice

from dreamreel.errors import ScheduleError
from dreamreel.schedule.notes import Note

# An animation of 10,000 frames with a key for each, such as from a song's loudness, fits.
MAX_CHARACTERS = 256 * 1024
MAX_KEYS = 10_000
MAX_NOTES = 100
_KEY = re.compile(r"[0-9]:\s*+\(")


def check_length(text: str, field: str) -> None:
    """Raises ScheduleError for a text of more than MAX_CHARACTERS."""
    if len(text) > MAX_CHARACTERS:
        raise ScheduleError(field, f"has {len(text)} characters; {MAX_CHARACTERS} are the most")


def check_keys(text: str, field: str) -> None:
    """Raises ScheduleError for a schedule that is too long, or has more than MAX_KEYS keys, without reading them."""
    check_length(text, field)
    refuse_more(sum(1 for _ in islice(_KEY.finditer(text), MAX_KEYS + 1)), field, "keys")


def check_parts(text: str, field: str) -> None:
    """The same for prompts, which `|` separates."""
    check_length(text, field)
    refuse_more(text.count("|") + 1, field, "prompts")


def refuse_more(count: int, field: str, things: str) -> None:
    """Raises ScheduleError for more than MAX_KEYS things."""
    if count > MAX_KEYS:
        raise ScheduleError(field, f"has more than {MAX_KEYS} {things}, which are the most that one text may hold")


def first_notes(notes: Iterator[Note], field: str) -> list[Note]:
    """The first MAX_NOTES notes, and one that says so if there are more: nobody reads ten thousand warnings."""
    found = list(islice(notes, MAX_NOTES + 1))
    if len(found) > MAX_NOTES:
        found[MAX_NOTES] = Note(field, f"more of it is ignored; these are the first {MAX_NOTES}", ignored=True)
    return found
