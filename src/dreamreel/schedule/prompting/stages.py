"""The words of a frame -> what leads each of its steps: plain numbers and texts, worked out without a model."""

from dataclasses import dataclass
from functools import lru_cache

from dreamreel.errors import ScheduleError
from dreamreel.schedule.notes import quote
from dreamreel.schedule.prompting.attention import Part, parse_attention
from dreamreel.schedule.prompting.combining import parse_combined
from dreamreel.schedule.prompting.editing import Nodes, Schedule, parse_edits, schedule_of
from dreamreel.schedule.prompting.rules import PromptRules
from dreamreel.schedule.prompting.script import Said
from dreamreel.schedule.prompting.weights import normalised, split_weights

# What the text encoder reads as one: words and the factors on what it makes of them.
Phrase = tuple[Part, ...]


@dataclass(frozen=True)
class Mixture:
    """One condition. parts: phrases and shares, which sum to 1. blend: how two are mixed (diffusion/blends.py)."""

    parts: tuple[tuple[Phrase, float], ...]
    blend: str = "linear"


@dataclass(frozen=True)
class Stage:
    """What leads the steps up to one, counted from 1. towards: conditions, and how strongly each leads."""

    until: int
    towards: tuple[tuple[Mixture, float], ...]
    away: Mixture


@lru_cache(256)
def webui_stages(said: Said, steps: int, field: str, away_combines: bool) -> tuple[Stage, ...]:
    """The stages of a frame of so many steps in webui's grammar. Raises ScheduleError."""
    towards = [(_schedule(words, steps, field), weight) for words, weight in parse_combined(said.towards, field)]
    parts = parse_combined(said.away, field) if away_combines else [(said.away, 1.0)]
    total = sum(weight for _, weight in parts)
    if total <= 0 or min(weight for _, weight in parts) < 0:
        raise ScheduleError(field, "the weights of what the picture is drawn away from must not be below 0")
    away = [(_schedule(words, steps, field), weight / total) for words, weight in parts]
    ends = sorted({end for schedule, _ in (*towards, *away) for end, _ in schedule})
    stages = tuple(
        Stage(
            end,
            tuple((Mixture(((_phrase(_until(each, end), field), 1.0),)), weight) for each, weight in towards),
            Mixture(tuple((_phrase(_until(each, end), field), share) for each, share in away)),
        )
        for end in ends
    )
    return _merged(stages)


def notebook_stages(said: Said, steps: int, field: str) -> tuple[Stage, ...]:
    """The one stage of a frame: weighted parts as one condition, those below 0 and said.away as another."""
    away, towards = split_weights(said.towards, field, _no_formula)
    if said.away:
        others = split_weights(said.away, field, _no_formula)
        away = [*away, *others[0], *others[1]]
    return (Stage(steps, ((_mixture(towards, said.towards), 1.0),), _mixture(away, "")),)


def is_weightless(said: Said, field: str) -> bool:
    """Whether words that have weights have none above 0, so that the notebook draws their text as it is written."""
    away, towards = split_weights(said.towards, field, _no_formula)
    return not towards and (bool(away) or ":" in said.towards)


def _no_formula(formula: str, column: int) -> float:
    raise ScheduleError("animation_prompts", f"{quote(formula)} at column {column} is a formula inside another", column)


def stages(said: Said, steps: int, field: str, rules: PromptRules) -> tuple[Stage, ...]:
    """The stages of a frame by the rules of its profile."""
    if rules.grammar == "notebook":
        return notebook_stages(said, steps, field)
    return webui_stages(said, steps, field, rules.away_combines)


def crossed(one: tuple[Stage, ...], other: tuple[Stage, ...], share: float, blend: str) -> tuple[Stage, ...]:
    """Both as one: where each leads by a single condition those are mixed, else each leads by its share.

    share: of other, 0 to 1. blend: how single phrases are mixed; mixtures of several are mixed linearly.
    """
    ends = sorted({stage.until for stage in (*one, *other)})
    made = []
    for end in ends:
        a, b = (next(stage for stage in each if end <= stage.until) for each in (one, other))
        towards: tuple[tuple[Mixture, float], ...]
        if len(a.towards) == len(b.towards) == 1 and a.towards[0][1] == b.towards[0][1]:
            towards = ((_blend(a.towards[0][0], b.towards[0][0], share, blend), a.towards[0][1]),)
        else:
            sides = ((a.towards, 1 - share), (b.towards, share))
            towards = tuple((mixture, weight * part) for each, part in sides for mixture, weight in each)
        made.append(Stage(end, towards, _blend(a.away, b.away, share, blend)))
    return _merged(tuple(made))


def _blend(one: Mixture, other: Mixture, share: float, blend: str) -> Mixture:
    if one == other:
        return one
    sides = ((one, 1 - share), (other, share))
    parts = tuple((phrase, weight * part) for each, part in sides for phrase, weight in each.parts)
    return Mixture(parts, blend if len(one.parts) == len(other.parts) == 1 else "linear")


def _merged(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """Neighbours that lead alike as one."""
    made: list[Stage] = []
    for stage in stages:
        if made and (made[-1].towards, made[-1].away) == (stage.towards, stage.away):
            made.pop()
        made.append(stage)
    return tuple(made)


def _schedule(words: str, steps: int, field: str) -> Schedule:
    return schedule_of(_edits(words, field), steps, field)


@lru_cache(256)
def _edits(words: str, field: str) -> Nodes:
    return parse_edits(words, field)


def _until(schedule: Schedule, end: int) -> str:
    return next(text for last, text in schedule if end <= last)


@lru_cache(1024)
def _phrase(text: str, field: str) -> Phrase:
    return tuple(parse_attention(text, field))


def _mixture(parts: list[Part], otherwise: str) -> Mixture:
    """Weighted parts, whose weights are above 0, as shares; without any, one text."""
    return Mixture(tuple((((words, 1.0),), share) for words, share in normalised(parts or [(otherwise, 1.0)])))
