"""`a forest --neg people`: what a picture is drawn away from, and the boxes around every prompt.

Source: the A1111 extension (deforum_helpers/prompt.py, render.py).
"""

from dreamreel.errors import ScheduleError

NEG = "--neg"


def boxed(prompt: str, positive: str, negative: str) -> str:
    """prompt between the boxes: the positive one before it, the negative one behind all --neg."""
    negative = negative.replace(NEG, "")
    return f"{positive} {prompt} {'' if NEG in prompt else NEG} {negative}"


def split_negative(text: str) -> tuple[str, str]:
    """(what a prompt is drawn towards, what away from), both stripped: the parts behind every --neg, joined."""
    head, *tails = text.split(NEG)
    return head.strip(), "".join(tails).strip()


def split_once(text: str, field: str) -> tuple[str, str]:
    """The two sides of the only --neg, not stripped; the second is empty without one.

    Raises ScheduleError for more than one, as the extension's own function cannot take them.
    """
    head, *tails = text.split(NEG)
    if len(tails) > 1:
        column = len(head) + len(NEG) + len(tails[0]) + 1
        raise ScheduleError(field, f"a second {NEG} stands at column {column}; write all behind the first", column)
    return head, "".join(tails)
