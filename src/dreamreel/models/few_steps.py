"""Models that were distilled to draw in few steps: what they say they are, and what they were made for.

Their weights look like any other's (but for LCM's own, which are told the guidance): the name, the header's title, or a
folder's scheduler says it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dreamreel.models.layout import Defaults


@dataclass(frozen=True)
class FewSteps:
    """A way of distilling. pattern: of the words that name it. The rest: what its authors draw with.

    cfg_scale: None: as without it. spacing: of noise levels. is_common: whether names of styles have its word, too.
    """

    title: str
    pattern: str
    steps: int
    cfg_scale: float | None
    sampler: str
    spacing: str
    is_common: bool = False


_HYPER = r"hyper[-_ ]?sd(xl|15)?|hyper(?=.{0,12}\d[-_ ]?steps?)"
# A guidance of 1 is none: the authors' pipelines say 0 for it. Hyper-SD's DDIM is Euler on the same noise levels.
KINDS = (
    FewSteps("LCM", r"lcm|latent[-_ ]consistency", 4, 1.0, "lcm", "lcm"),
    FewSteps("Lightning", r"lightning", 4, 1.0, "euler", "trailing", is_common=True),
    FewSteps("Hyper-SD", _HYPER, 8, 1.0, "euler", "trailing", is_common=True),
    FewSteps("Turbo", r"turbo", 4, 1.0, "euler_ancestral", "trailing", is_common=True),
    FewSteps("DMD2", r"dmd2", 4, 1.0, "lcm", "trailing"),
)
# As diffusers' LatentConsistencyModelPipeline has it; such a network is told its guidance.
TOLD = replace(KINDS[0], cfg_scale=8.5)
_MADE_FAST = re.compile(r"sd[-_ ]?(xl|v?1[-_. ]?5|15)")
_KEEPS_GUIDANCE = re.compile(r"(?<![a-z])cfg(?![a-z])")
_STEPS = re.compile(r"(?<!\d)(\d{1,2})[-_ ]?steps?(?![a-z])")


def few_steps(names: str, is_told: bool = False) -> FewSteps | None:
    """What a model of these names is, with the steps that they say; None for one of many steps.

    names: file or folder, and titles. is_told: its network takes the guidance (LCM's own models).
    """
    text = names.lower()
    kind = next((each for each in KINDS if re.search(rf"(?<![a-z])({each.pattern})(?![a-z])", text)), None)
    kind = TOLD if is_told else kind
    if kind is None or (said := _STEPS.search(text)) is None:
        return kind
    return replace(kind, steps=max(int(said[1]), 1))


def few_steps_of_lora(names: str) -> FewSteps | None:
    """The same of a LoRA: one whose word is_common says a number of steps, too, or the model that it makes fast.

    Those that keep guidance (`-CFG-`) say so, and keep the model's.
    """
    kind, text = few_steps(names), names.lower()
    if kind is None or (kind.is_common and not (_STEPS.search(text) or _MADE_FAST.search(text))):
        return None
    return replace(kind, cfg_scale=None) if _KEEPS_GUIDANCE.search(text) else kind


def with_few_steps(plain: Defaults, names: str, is_told: bool = False) -> Defaults:
    """What a model is made for, given what its family is made for."""
    kind = few_steps(names, is_told)
    return plain if kind is None else made_for_kind(plain, kind)


def made_for_kind(plain: Defaults, kind: FewSteps) -> Defaults:
    """What a model is made for that was distilled in that way, given what its family is made for."""
    cfg_scale = plain.cfg_scale if kind.cfg_scale is None else kind.cfg_scale
    return replace(plain, steps=kind.steps, cfg_scale=cfg_scale, sampler=kind.sampler, spacing=kind.spacing)


def folder_names(folder: str, index: Mapping[str, Any], card: Mapping[str, Any]) -> str:
    """What may name a diffusers folder: its own name, its pipeline, its scheduler and its card's title."""
    scheduler = (index.get("scheduler") or [None, None])[1]
    said = "lcm" if scheduler == "LCMScheduler" else ""
    return f"{folder} {index.get('_name_or_path', '')} {card.get('title', '')} {said}"
