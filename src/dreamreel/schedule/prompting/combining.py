"""`a cat AND a dog :0.5`: prompts that each lead the picture by themselves, as AUTOMATIC1111's webui reads them.

Source: its modules/prompt_parser.py, `get_multicond_prompt_list`; the idea: Liu et al. 2022 (arXiv:2206.01714).
"""

import re

from dreamreel.errors import ScheduleError
from dreamreel.schedule.bounds import check_length
from dreamreel.schedule.prompting.attention import Part

# Each is a row of every evaluation of the network.
MAX_COMBINED = 16
_AND = re.compile(r"\bAND\b")
_WEIGHT = re.compile(r"\s*([-+]?(?:\d+\.?|\d*\.\d+))")
_WEIGHT_LONGEST = 100


def parse_combined(text: str, field: str) -> list[Part]:
    """The prompts that AND separates, and the weight behind each one's last colon; 1 without one.

    Blanks are kept before a prompt and dropped behind it. Raises ScheduleError for more than MAX_COMBINED of them.
    """
    check_length(text, field)
    parts = _AND.split(text, MAX_COMBINED)
    if len(parts) > MAX_COMBINED:
        raise ScheduleError(field, f"more than {MAX_COMBINED} prompts are combined by AND", 1)
    return [_weighted(part.rstrip()) for part in parts]


def _weighted(part: str) -> Part:
    words, colon, weight = part.rpartition(":")
    found = _WEIGHT.fullmatch(weight) if colon and len(weight.strip()) < _WEIGHT_LONGEST else None
    return (words.rstrip(), float(found[1])) if found else (part, 1.0)
