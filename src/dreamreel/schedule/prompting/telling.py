"""How a prompt is read, in a sentence: for whoever wants to know whether brackets and weights were understood."""

from collections.abc import Iterator

from dreamreel.schedule.notes import quote
from dreamreel.schedule.prompting.attention import BREAK
from dreamreel.schedule.prompting.stages import Mixture, Phrase, Stage

_SHOWN = 400
_STAGES = 6


def told(stages: tuple[Stage, ...], steps: int) -> str:
    """The sentence; empty for one that is nothing but words, and words to avoid. steps: of the frame."""
    if len(stages) == 1 and _is_plain(stages[0]):
        return ""
    parts = []
    begin = 1
    for stage in stages[:_STAGES]:
        when = "" if len(stages) == 1 else f"steps {begin} to {stage.until} of {steps}: "
        parts.append(when + _stage(stage))
        begin = stage.until + 1
    more = f"; and {len(stages) - _STAGES} more" if len(stages) > _STAGES else ""
    text = "; ".join(parts) + more
    return "read as " + (text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "...")


def _is_plain(stage: Stage) -> bool:
    mixtures = [stage.away, *(mixture for mixture, _ in stage.towards)]
    words = [phrase for mixture in mixtures for phrase, _ in mixture.parts]
    has_weights = any(factor != 1 for phrase in words for _, factor in phrase)
    return len(words) == 2 and stage.towards[0][1] == 1 and not has_weights


def _stage(stage: Stage) -> str:
    sides = [
        _mixture(mixture) + (f" leading {weight:g} times" if weight != 1 else "") for mixture, weight in stage.towards
    ]
    away = f", away from {_mixture(stage.away)}" if _words(stage.away) else ""
    return " AND ".join(sides) + away


def _words(mixture: Mixture) -> str:
    return "".join(words for phrase, _ in mixture.parts for words, _ in phrase).strip()


def _mixture(mixture: Mixture) -> str:
    if len(mixture.parts) == 1:
        return _phrase(mixture.parts[0][0])
    return " + ".join(f"{share:.3g} of {_phrase(phrase)}" for phrase, share in mixture.parts)


def _phrase(phrase: Phrase) -> str:
    return " ".join(_parts(phrase))


def _parts(phrase: Phrase) -> Iterator[str]:
    for words, factor in phrase:
        if (words, factor) == BREAK:
            yield "(another chunk)"
        elif words.strip() or len(phrase) == 1:
            yield quote(words.strip()) + (f" x{factor:.4g}" if factor != 1 else "")
