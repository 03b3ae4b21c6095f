"""The inputs about words that the original does not have."""

from dreamreel.animation.field import Field, Usual, choice, schedule
from dreamreel.schedule.prompting.rules import RULES

POSITIVE = Field(
    "positive_prompts",
    "prompts",
    "",
    "Words put before every prompt; keyframes as in prompts, or one text",
    group="words",
    scope="frame",
)
NEGATIVE = Field(
    "negative_prompts",
    "prompts",
    "",
    "What every picture is drawn away from; keyframes as in prompts, or one text",
    group="words",
    scope="frame",
)
GRAMMAR = choice(
    "prompt_grammar",
    "profile",
    "Whose rules prompts are read by: profile takes those of the profile",
    ("profile", "original", *RULES),
    group="words",
)
BLEND = Field(
    "prompt_blend",
    "integer",
    0,
    "Over how many frames before its own each prompt comes in over the one before it; 0: at once",
    minimum=0,
    maximum=1_000_000,
    group="words",
    unit="frames",
    scope="frame",
)
BLEND_MODE = choice(
    "prompt_blend_mode",
    "linear",
    "How two prompts cross: their conditions along a line or an arc (slerp), or as (one):0.5 AND (other):0.5 (text)",
    ("linear", "slerp", "text"),
    group="words",
)
CLIPSKIP = schedule(
    "clipskip_schedule",
    "0: (1)",
    "Clip skip: 1 uses all layers of the text encoder, 2 leaves out the last",
    limit=12,
    usual=Usual("it counts as 1, which uses all layers", 1),
    group="words",
    unit="layers",
)


def words_grammar(chosen: str, profile: str | None) -> str | None:
    """The key of RULES by which prompts are read; None for the original's rule. profile: what the profile has."""
    return {"profile": profile, "original": None}.get(chosen, chosen)
