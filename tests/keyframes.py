"""Keyframes and the notes on what lies between them: what tests of the original's grammar look at."""

from collections.abc import Mapping

from dreamreel.schedule.bounds import first_notes
from dreamreel.schedule.keyframes import Keyframe, locate_keyframes
from dreamreel.schedule.notes import Note
from dreamreel.schedule.skipped import notes_on


def parse_keyframes(
    text: str, field: str, balanced: bool = False, key_names: Mapping[str, float] | None = None
) -> tuple[list[Keyframe], list[Note]]:
    """As locate_keyframes."""
    spans = locate_keyframes(text, field, balanced, key_names)
    places = [(span.start, span.colon, span.stop, span.keyframe.frame) for span in spans]
    return [span.keyframe for span in spans], first_notes(notes_on(text, places, field, key_names is not None), field)
